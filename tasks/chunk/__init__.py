"""Chunk: prose documents become passages.

A document is laid out in blocks (headings, paragraphs, lists, code, tables), blocks that are too long are cut
into sentences, words and at last characters, and the pieces are packed into passages of at most so many
tokens that overlap by whole sentences or words. A passage starts anew at headings, or where the topic shifts.
Each keeps its bytes' place in the document, the headings above it and the ordinals of its paragraphs.
"""
