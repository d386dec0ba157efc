"""Differential histone marks from peaks and coverage tracks, and what they say about mechanism.

samples + peaks + coverage + annotation -> regions -> counts -> quality -> normalisation -> fit ->
contrast -> genes -> gene sets. Every arrow is one function here that takes tables, matrices or a
fit and returns a new one; `__init__.pyi` lists them, each loaded when first asked for. For research
use.
"""

import lazy_loader as _lazy

from resist_epi import moved as _moved
from resist_epi import version as _version

__version__ = _version.VERSION
_moved.forward()
__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
