"""The DAGs: each a page that reads aloud, and the command line above them."""
