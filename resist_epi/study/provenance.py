"""What made a result: version, parameters and the checksums of the inputs, as one record."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from resist_epi.version import VERSION


@dataclass(frozen=True)
class Provenance:
    """One record of what a run was made from.

    Attributes
    ----------
    parameters
        Every setting that the result depends on, as plain JSON values.
    inputs
        SHA-256 of each input file, by its path as the user gave it.
    python
        Version of the interpreter.
    libraries
        Versions of the libraries that the numbers depend on.
    """

    version: str = VERSION
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    python: str = platform.python_version()
    libraries: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the record as indented JSON with sorted keys."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"


def record(
    parameters: Mapping[str, Any],
    inputs: Mapping[str, str] | None = None,
    *,
    libraries: Iterable[str] = ("numpy", "scipy", "pandas", "formulaic", "pyarrow", "pybedtools"),
) -> Provenance:
    """Make the record of a run.

    Parameters
    ----------
    inputs
        SHA-256 of each input file, by its path.
    libraries
        Distributions whose versions are noted.
    """
    from importlib.metadata import version

    return Provenance(
        parameters=dict(parameters),
        inputs=dict(inputs or {}),
        libraries={name: version(name) for name in libraries},
    )
