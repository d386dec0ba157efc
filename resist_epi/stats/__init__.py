"""Statistical kernels on plain arrays: no files, no tables of samples."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
