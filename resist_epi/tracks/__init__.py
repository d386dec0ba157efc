"""Coverage tracks and files of reads: opened, read, and looked at for what they are."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
