"""One file a language; adding a language is that file, a line here, and its grammar in `tilth/syntax/grammars.py`."""
