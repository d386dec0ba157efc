"""From a matrix to a table of results: normalisation, filter, fit, tests, and checks of them."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
