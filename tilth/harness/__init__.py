"""How Python that is not Tilth's own is made ready to run, and what is learnt by running it.

`modules` reads a repository, `cut` takes out of it a program that stands by itself, `tests` finds tests and doctests,
`inputs` what functions are called with, `rewrites` another way to write them; `batches` runs many small tasks in few
jobs of the sandbox, `survey` runs a repository's tests once. `inside` is what runs there. Nothing of the corpus runs
elsewhere.
"""
