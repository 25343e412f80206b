"""One stage alone: split, chunk and generate on anybody's files, from files to one Parquet file.

There is no recipe, no lake and no Prefect here. Files are surveyed and read as a build reads them, batches of them go
through the stage's engine on all cores, and what comes out is written as it comes, so that memory is a few batches
whatever the number of files. The file appears whole or not at all; what is left out is counted by its reason.
"""
