"""Coverage of any format: runs of equal value, summed in regions and bins."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
