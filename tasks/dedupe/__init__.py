"""Dedupe: of what says the same, the best stays.

Each shard of items (documents, units, or examples by their subject) is sketched once: a digest of its text
with white space folded, and a signature of 128 numbers. Over the sketches of all shards, equal digests make
exact groups; what survives meets in bands of the signature, doubtful pairs are read and compared exactly, and
in order of quality each item stays unless a better one that stays is at least `threshold` similar to it.
Only items of one scope are compared, and never two views of one origin. What falls is a reject that names its
keeper.
"""
