"""Programs of the sandbox: they import the standard library and each other, and nothing else."""
