"""From regions to genes: links, values of genes, loci, symbols, gene sets and their tests."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
