"""What the DNA itself does to a mark: copy number, arms, controls, greylists, purity."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
