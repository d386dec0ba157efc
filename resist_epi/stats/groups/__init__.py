"""Tests between groups that need no linear model: ranks, relabelling, carriers, survival."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
