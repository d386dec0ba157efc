"""Who was measured and what is asked: the sample sheet, presets of marks, design and contrast."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
