"""What made a result: version, parameters and the checksums of the inputs, as one record."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from resist_epi.version import VERSION

LIBRARIES = ("numpy", "scipy", "pandas", "formulaic", "pyarrow", "pybedtools")


@dataclass(frozen=True)
class Provenance:
    """One record of what a run was made from.

    Attributes
    ----------
    parameters
        Every setting that the result depends on, as plain JSON values.
    inputs
        SHA-256 of each input file, by its path: absolute if it was given so, else relative to the
        run's folder; so are the paths among the parameters.
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


def as_seen_from(folder: Path, path: str | Path) -> str:
    """A path that was given relative to the working directory, relative to a folder.

    Whoever reads the record knows where it lies, and not from where the run was started. An
    absolute path stays as it is.
    """
    return str(path) if Path(path).is_absolute() else os.path.relpath(path, folder)


def record(
    parameters: Mapping[str, Any],
    inputs: Mapping[str, str] | None = None,
    *,
    libraries: Iterable[str] = LIBRARIES,
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
