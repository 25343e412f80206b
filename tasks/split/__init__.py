"""Split: code becomes syntactic units.

Every code document is parsed once by tree-sitter. One query a language names the nodes that matter
(`languages/`), one sweep over their byte spans builds the units (`sweep.py`), and `by_syntax.py` writes
them as rows: the module, runs of imports, classes, functions and methods, each with its name, signature,
docstring, comments, body and measures. Text between the units belongs to the unit around it: `spans.py`
gives the file back.
"""
