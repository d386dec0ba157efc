"""A whole study: its settings, checks, ledger and steps, each a file of the run's folder."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
