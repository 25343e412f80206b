"""Export: the mixture becomes a dataset version that trainers open.

Whole groups go to one side (train, validation, test) by a seeded hash, so a row never changes sides as the
corpus grows; what would leak is a reject. The rows are written as Parquet shards by the hash of their group,
in curriculum order, and rendered from there into the JSON Lines shapes that trainers read. A manifest counts
everything, a dataset card says it to people, and the folder appears whole or not at all. A shard that did not
change since the version before is linked, not written.
"""
