"""Published rule sets, by name and version, with the thresholds of their papers and repositories.

A rule set is a table of rules; a rule says why a file or a function is left out, or nothing. The reason of a reject
is `<set>.<rule>`. What a publication does besides (near-duplicates, decontamination, licences) are stages here.
"""
