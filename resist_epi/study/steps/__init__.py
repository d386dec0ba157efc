"""The steps of a study, a file each: what it reads, computes and writes."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
