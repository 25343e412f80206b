"""Bookkeeping for orchards: trees, grafts, water, pests, harvest and sales."""

from orchard.errors import OrchardError
from orchard.trees import Cultivar, Rootstock, Tree

__all__ = ["Cultivar", "OrchardError", "Rootstock", "Tree"]
__version__ = "0.9.2"
