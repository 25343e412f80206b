"""What a file is and what it carries: language, licence, secrets, personal data, and why it may be left out.

Every detector is a pure function of names and bytes. Secrets and personal data are looked for in whole
columns of text, so that a clean corpus costs one pass of a finite automaton a detector.
"""
