"""One file a language; a new one is that file, a line in `registry.py`, and one in `tilth.syntax.grammars`."""
