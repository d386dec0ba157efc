"""Files as such: whole or not there, tables, checksums, parts, figures, sessions of IGV."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
