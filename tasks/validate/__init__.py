"""Validate: whether each example is what it claims to be, and how good it is.

Every example meets every check that has something to say about it: its answer stands where it says it does,
its file parses, the linter and the complexity of its code, its length, its shape, its licence and what must
not leave the house. Each check gives a score from 0 to 1 and may fail the example; the scores' weighted mean
is the example's quality. One verdict an example; what is not accepted is a reject with the first reason.
"""
