"""One file a language; a new one is that file, a line of `registry.py`, one of `tilth.syntax.grammars`."""
