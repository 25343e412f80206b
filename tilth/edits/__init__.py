"""Source-to-source edits over bytes, made from a syntax tree: bugs, new names, less text, another order.

An edit is data: a list of `Edit(start, end, replacement)` over one file, so that whoever asks for it can apply it,
take it back (`invert`), or carry a unit's span through it (`move`). Every engine here is a pure function of a
`Source`, a text that was parsed once. None of them runs code, and none proves that behaviour stays or
changes: that is what the tests of a repository, or the sandbox, are for.
"""
