"""Generate: units and chunks become examples.

Every method is an engine of its own behind one protocol and one line in `methods.py`. Those that look at one unit
make *drafts*, which `from_units.py` turns into rows; those that look at passages work on whole tables. What a
method asks for is worded by templates in `data/instructions/`, picked by the digest of the origin, so that the same
origin is asked the same way in every build. An input that gives no example at all is a reject with a reason.
"""
