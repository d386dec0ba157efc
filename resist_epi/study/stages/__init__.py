"""The stages of a run, each in as many shards as are wanted: a file a stage."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
