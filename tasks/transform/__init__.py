"""Transform: a step of the user's own between two stages, as SQL or as a Python function.

It sees an artifact and gives back rows of the same shape. What it leaves out is a reject that carries the step's
name as its reason, so rows in = rows out + rejects holds for strangers' code too.
"""
