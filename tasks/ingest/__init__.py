"""Ingest: from what a team has to documents.

A survey resolves the sources (folders, files, globs, git repositories, archives, datasets) into one row a
file, with its content's digest and the licence it inherits; what is ignored, linked, unreadable or too large
is a reject there and then. The engine reads the surveyed files shard by shard: it decodes them, recognises
language, licence, secrets and personal data, opens archives and datasets, and turns notebooks, web pages and
office files into text. Every row of the survey ends as documents, rejects, or both.
"""
