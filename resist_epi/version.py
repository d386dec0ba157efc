"""The version of the package, in the one place from which everything reads it."""

from __future__ import annotations

VERSION = "0.2.0"
