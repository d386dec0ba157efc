"""The version of the package, in the one place from which everything reads it."""

VERSION = "0.1.0"
