"""How alike texts are: shingles, sketches, bands, verified pairs, clusters. Kernels on Arrow buffers."""
