"""Grammars of programming languages and bounded parsing, for every stage that looks at code as a tree."""
