"""What is asked of one matrix: a single record, so that whoever asks again asks the same."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from resist_epi.errors import DesignError
from resist_epi.genome.consensus_rule import MIN_OVERLAP

CONTROL_USES = ("none", "filter", "offset")

COPY_NUMBER_SOURCES = ("none", "input", "segments")


@dataclass(frozen=True)
class Confounders:
    """What is asked of the tumours' DNA and of the background, beside the counts.

    Attributes
    ----------
    control
        What inputs do: `none`, `filter` (regions not over input are not tested) or `offset`.
    copy_number
        Where copy number is from: `none`, `input` or `segments`; None for segments where there
        are any, else none.
    segments
        SEG file of copy number segments.
    fasta
        The genome, for the GC content of the inputs' bins.
    background
        Counts in bins of the genome, as `count --regions bins` writes them.
    exclude
        BED of regions that are no background.
    min_overlap
        Samples in which a consensus peak, which is no background either, must be found.

    Raises
    ------
    DesignError
        If a name is unknown, or one of them needs another.
    """

    control: str = "none"
    copy_number: str | None = None
    segments: Path | None = None
    fasta: Path | None = None
    background: Path | None = None
    exclude: Path | None = None
    min_overlap: int = MIN_OVERLAP

    def __post_init__(self) -> None:
        if self.control not in CONTROL_USES:
            known = ", ".join(CONTROL_USES)
            raise DesignError(
                f"control: unknown use of inputs {self.control!r}; expected one of {known}"
            )
        if self.copy_number not in (None, *COPY_NUMBER_SOURCES):
            known = ", ".join(COPY_NUMBER_SOURCES)
            raise DesignError(
                f"copy_number: unknown source of copy number {self.copy_number!r}; expected one of"
                f" {known}"
            )
        for name in PATHS:
            path = getattr(self, name)
            if not isinstance(path, Path | str | None):
                raise DesignError(f"{name}: expected the path of a file; found {path!r}")
            object.__setattr__(self, name, None if path is None else Path(path))
        if self.source == "segments" and self.segments is None:
            raise DesignError("copy number from segments needs their file; give it with --segments")
        if self.source != "segments" and self.segments is not None:
            raise DesignError(
                f"--segments says nothing to --copy-number {self.source}; leave one out"
            )
        if self.fasta is not None and self.source != "input":
            raise DesignError(
                "--fasta corrects the inputs' GC content; it needs --copy-number input"
            )

    @property
    def source(self) -> str:
        """Where copy number comes from: as asked for, else from segments where there are any."""
        if self.copy_number is not None:
            return self.copy_number
        return "none" if self.segments is None else "segments"


# Files among the confounders, by the name of their option.
_LARGEST_CHANGE = 64  # log2: beyond it no count differs from another

PATHS = ("segments", "fasta", "background", "exclude")


@dataclass(frozen=True)
class Question:
    """What is asked of one matrix. Every default of an analysis stands here, and only here.

    Attributes
    ----------
    formula
        Of the design, over columns of the sheet.
    contrast
        `[COLUMN:]A-B`; None for the obvious one.
    coefficient
        A coefficient of the design by its printed name, in place of a contrast.
    beside
        Contrasts and coefficients that are tested on the same fit: what the fit depends on is
        decided for all of them together.
    method, normalize
        Keys of `differential.METHODS` and `normalization.METHODS`; None for the default.
    fdr
        Level at which `direction` says gain or loss.
    lfc_threshold
        Null hypothesis of an absolute log2 fold change of at most this (`trend`, `voom` and
        `ql`).
    block
        Column whose levels are blocks with a random effect (`trend` and `voom`).
    strata
        Column whose levels have baseline hazards of their own (`cox`).
    hidden
        What is done about factors that no column names: `auto` (found by the data, and adjusted for
        where they can be), `none`, or a number of them.
    weights
        Whether units get weights: `auto` where there are enough of them, or `none`.
    confounders
        What is asked of inputs, copy number and background.

    Raises
    ------
    DesignError
        If a field holds what it cannot; the message names the field.

    Examples
    --------
    >>> question = Question("~ Batch + Condition", fdr=0.1)
    >>> question.method is None, question.fdr, Question.fdr
    (True, 0.1, 0.05)
    >>> Question.from_values(question.as_values()) == question
    True
    """

    formula: str = "~ Condition"
    contrast: str | None = None
    coefficient: str | None = None
    beside: tuple[str, ...] = ()
    method: str | None = None
    normalize: str | None = None
    fdr: float = 0.05
    lfc_threshold: float = 0.0
    block: str | None = None
    strata: str | None = None
    hidden: str = "auto"
    weights: str = "auto"
    confounders: Confounders = field(default_factory=Confounders)

    def __post_init__(self) -> None:
        for name, expected in _EXPECTED.items():
            value = getattr(self, name)
            if value is None and name != "formula":
                continue
            if not isinstance(value, str) or not value.strip():
                raise DesignError(f"{name}: expected {expected}; found {value!r}")
        if self.contrast is not None and self.coefficient is not None:
            raise DesignError(
                f"a contrast ({self.contrast}) and a coefficient ({self.coefficient}) are two"
                " questions; ask one, or several of one fit"
            )
        object.__setattr__(self, "beside", _texts(self.beside))
        for name, most in (("fdr", 1), ("lfc_threshold", _LARGEST_CHANGE)):
            value = getattr(self, name)
            number = isinstance(value, int | float) and math.isfinite(value)
            if not number or not 0 <= value <= most:
                raise DesignError(f"{name}: expected a number from 0 to {most}; found {value!r}")
        if self.weights not in ("auto", "none"):
            raise DesignError(f"weights: expected auto or none; found {self.weights!r}")
        object.__setattr__(self, "hidden", _hidden(self.hidden))
        if not isinstance(self.confounders, Confounders):
            raise DesignError(f"confounders: expected a record; found {self.confounders!r}")

    def with_options(self, **options: Any) -> Question:
        """The question with other values of some fields, those of the confounders among them.

        Raises
        ------
        DesignError
            As the question itself.
        TypeError
            If an option is no field.
        """
        of_confounders = {f.name for f in fields(Confounders)}
        own = {k: v for k, v in options.items() if k not in of_confounders}
        for name, other in (("contrast", "coefficient"), ("coefficient", "contrast")):
            if own.get(name) is not None:  # in the place of what was asked before
                own = {other: None, "beside": (), **own}
        rest = {k: v for k, v in options.items() if k in of_confounders}
        return replace(self, confounders=replace(self.confounders, **rest), **own)

    @property
    def asked(self) -> str | None:
        """The contrast or coefficient as a text; None where none was named."""
        return self.contrast if self.coefficient is None else self.coefficient

    def differences(self, other: Question) -> dict[str, tuple[Any, Any]]:
        """Field -> value here and there, of the fields that differ."""
        mine, theirs = (vars(q) | vars(q.confounders) for q in (self, other))
        return {
            name: (mine[name], theirs[name])
            for name in mine
            if name != "confounders" and mine[name] != theirs[name]
        }

    def as_values(self, folder: Path | None = None, *, above: int = 1) -> dict[str, Any]:
        """Plain values, as JSON holds them.

        Parameters
        ----------
        folder
            Where they will be written: files in it, or in so many folders above, are named relative
            to it, so that a run's folder may be moved; others by their full path.
        """
        values = asdict(self)
        for name in PATHS:
            path = values["confounders"][name]
            if path is not None:
                values["confounders"][name] = _stored(path, folder, above)
        return values

    @classmethod
    def from_values(cls, values: Mapping[str, Any], folder: Path | None = None) -> Question:
        """Make the question of which these are the plain values.

        Parameters
        ----------
        folder
            Where they were read: relative paths start there.

        Raises
        ------
        DesignError
            If a name is unknown, or a value is wrong.
        """
        about = values.get("confounders", {})
        if not isinstance(about, Mapping):
            raise DesignError(f"confounders: expected names and values; found {about!r}")
        for given, kind in ((values, cls), (about, Confounders)):
            known = [f.name for f in fields(kind)]
            unknown = [name for name in given if name not in known]
            if unknown:
                raise DesignError(
                    f"a question has no {', '.join(map(repr, unknown))};"
                    f" expected {', '.join(known)}"
                )
        own = dict(about)
        for name in PATHS:
            if folder is not None and isinstance(own.get(name), str):
                own[name] = Path(os.path.normpath(folder / own[name]))
        return cls(**{**values, "confounders": Confounders(**own)})


_EXPECTED = {
    "formula": "a design such as '~ Condition' (--design)",
    "contrast": "two levels of a column, as A-B",
    "coefficient": "the name of a column of the design",
    "method": "the name of a test",
    "normalize": "the name of a normalisation",
    "block": "a column of the sheet",
    "strata": "a column of the sheet",
}


def _texts(value: object) -> tuple[str, ...]:
    """Names of contrasts; JSON holds them as a list."""
    if not isinstance(value, list | tuple) or not all(
        isinstance(text, str) and text.strip() for text in value
    ):
        raise DesignError(f"beside: expected names of contrasts; found {value!r}")
    return tuple(value)


def _hidden(value: object) -> str:
    """`auto`, `none`, or a whole number of factors as text; 0 is none."""
    said = str(value).strip().lower()
    if isinstance(value, bool) or not (
        said in ("auto", "none") or (said.isdecimal() and len(said) < 4)
    ):
        raise DesignError(f"hidden: expected auto, none or a number of factors; found {value!r}")
    return said if said in ("auto", "none") else str(int(said)) if int(said) else "none"


def _stored(path: Path, folder: Path | None, above: int) -> str:
    if folder is None:
        return str(path)
    full = Path(os.path.abspath(path))
    near = Path(os.path.relpath(full, folder))
    outside = ("..",) * (above + 1)
    return str(full if near.parts[: above + 1] == outside else near)
