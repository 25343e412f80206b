"""The stages: one room each, meeting only through Parquet."""
