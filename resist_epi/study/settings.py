"""The settings of a study, checked once, written to `study.yaml` and read back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resist_epi.errors import InputFormatError, did_you_mean, shortened
from resist_epi.genes.builtin import GO
from resist_epi.io.store import read_text, write_text

_SHOWN = 10  # wrong settings that a message lists at most


class StudySettings(BaseModel):
    """Everything that the results of a run depend on, beside its input files.

    Attributes
    ----------
    sheet
        The sample sheet.
    genome
        A built-in assembly, for genes and chromosome lengths.
    genes
        A gene annotation of the user's, instead of the built-in one.
    exclude
        BED of regions to leave out (blacklist).
    gene_sets
        GMT of the user's, instead of the built-in sets; or the word `go` for the Gene Ontology
        (a file of that name is `./go`).
    design
        Formula over columns of the sheet.
    contrast
        `[COLUMN:]A-B`; None for the obvious one.
    method, normalize
        Keys of `differential.METHODS` and `normalization.METHODS`; None for the default.
    fdr
        Level at which `direction` says gain or loss.
    lfc_threshold
        Null hypothesis of |log2 fold change| at most this.
    block, strata
        Columns with random effects (`trend`, `voom`), with baseline hazards of their own (`cox`).
    min_overlap
        Samples in which a consensus peak must be found.
    quantity
        What is counted, or `auto` for the best that every track of a mark can give.
    count_as, min_mapq, keep_duplicates, shift, extend
        How reads are counted (see `sources.ReadOptions`).
    jobs
        Worker processes; results do not depend on it.
    expression, proteomics, methylation
        Files of other assays, to compare the marks with.
    evidence_max_p, evidence_min_fold_change
        When a gene has changed in these.
    control
        What inputs do: `none`, `filter` (regions not over input are not tested) or `offset`.
    copy_number
        Where copy number is from: `none`, `input` or `segments`; None for segments where there
        are any, else none.
    segments
        SEG file of copy number segments.
    fasta
        The genome, for the GC content of the inputs' bins.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sheet: Path
    genome: str | None = None
    genes: Path | None = None
    exclude: Path | None = None
    gene_sets: Literal["go"] | Path | None = None
    design: str = "~ Condition"
    contrast: str | None = None
    method: str | None = None
    normalize: str | None = None
    fdr: float = Field(default=0.05, ge=0, le=1)
    lfc_threshold: float = Field(default=0.0, ge=0)
    block: str | None = None
    strata: str | None = None
    min_overlap: int = Field(default=2, ge=1)
    quantity: Literal["auto", "reads", "recovered_reads", "mean_signal", "coverage_sum"] = "auto"
    count_as: Literal["read", "fragment", "five_prime", "midpoint"] = "read"
    min_mapq: int = Field(default=0, ge=0)
    keep_duplicates: bool = True
    shift: int = 0
    extend: int | None = Field(default=None, ge=1)
    jobs: int = Field(default=1, ge=1)
    expression: Path | None = None
    proteomics: Path | None = None
    methylation: Path | None = None
    evidence_max_p: float = Field(default=0.05, gt=0, le=1)
    evidence_min_fold_change: float = Field(default=1.0, ge=1)
    control: str = "none"
    copy_number: str | None = None
    segments: Path | None = None
    fasta: Path | None = None

    def resolved(self, base: Path) -> StudySettings:
        """Return the settings with relative paths taken as relative to `base`."""
        paths = {name: getattr(self, name) for name in PATHS}
        return self.model_copy(
            update={
                name: Path(os.path.normpath(base / path))
                for name, path in paths.items()
                if isinstance(path, Path)
            }
        )


PATHS = (
    "sheet",
    "segments",
    "fasta",
    "genes",
    "exclude",
    "gene_sets",
    "expression",
    "proteomics",
    "methylation",
)

# What only the comparison with other assays depends on.
EVIDENCE = (
    "expression",
    "proteomics",
    "methylation",
    "evidence_max_p",
    "evidence_min_fold_change",
)


def make_settings(values: dict[str, object], *, path: Path | None = None) -> StudySettings:
    """Check settings by name.

    Raises
    ------
    InputFormatError
        With every unknown or wrong setting.
    """
    try:
        return StudySettings.model_validate(values)
    except ValidationError as error:
        found = error.errors()
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg'].lower()}"
            f" (found {shortened(repr(e['input']))})"
            for e in found[:_SHOWN]
        )
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        unknown = [str(e["loc"][0]) for e in found if e["type"] == "extra_forbidden"]
        raise InputFormatError(
            f"wrong settings: {wrong}{more}",
            path=path,
            expected="settings " + ", ".join(StudySettings.model_fields),
            remedy=did_you_mean(unknown, StudySettings.model_fields),
        ) from error


def read_study(path: str | Path) -> StudySettings:
    """Read settings; paths inside are relative to the file's folder.

    Raises
    ------
    InputFormatError
        If it is no YAML mapping, or a setting is unknown or wrong.
    """
    path = Path(path)
    try:
        values = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InputFormatError(
            f"not YAML ({getattr(error, 'problem', error)})",
            path=path,
            line=None if mark is None else mark.line + 1,
        ) from error
    if not isinstance(values, dict):
        raise InputFormatError("no settings in it", path=path, expected="names and values in YAML")
    return make_settings(values, path=path).resolved(path.parent)


def write_study(path: str | Path, settings: StudySettings) -> None:
    """Write settings, with paths relative to the file's folder.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.
    """
    path = Path(path)
    values = settings.model_dump(mode="json")
    for name in PATHS:
        if isinstance(getattr(settings, name), Path):
            relative = os.path.relpath(values[name], path.parent)
            # A file that bears the name of the built-in sets is told apart by its folder.
            values[name] = f"./{relative}" if relative == GO else relative
    write_text(path, yaml.safe_dump(values, sort_keys=False))
