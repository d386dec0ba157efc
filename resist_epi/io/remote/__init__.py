"""Files elsewhere: their addresses, requests, ranges of bytes, and copies in a cache."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
