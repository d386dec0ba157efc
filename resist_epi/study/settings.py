"""The settings of a study, checked once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from resist_epi.errors import InputFormatError, did_you_mean, quoted, shortened
from resist_epi.genes.builtin import GO
from resist_epi.model.asked import several_questions
from resist_epi.samples.question import Confounders, Question
from resist_epi.study.provenance import as_seen_from

# Settings that are numbers, or words and numbers.
_NUMBERS = (
    "fdr",
    "lfc_threshold",
    "hidden",
    "min_overlap",
    "min_mapq",
    "shift",
    "extend",
    "jobs",
    "evidence_max_p",
    "evidence_min_fold_change",
)


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
    partition
        BED of the user's whose fourth column names a class, such as chromatin states.
    gene_sets
        GMT of the user's, instead of the built-in sets; or the word `go` for the Gene Ontology
        (a file of that name is `./go`).
    design
        Formula over columns of the sheet.
    contrast, coefficient
        As of `Question`; or several of one fit, as lists.
    joint
        Whether all of them are tested at once, too.
    values
        Whether results hold the mean of every group and the value of every unit.
    method, normalize, fdr, lfc_threshold, block, strata, hidden, weights
        As of `Question`.
    known
        Genes or regions of known direction, which normalisations are held against.
    min_overlap
        Samples in which a consensus peak must be found.
    quantity
        What is counted, or `auto` for the best that every track of a mark can give.
    count_as, keep_duplicates
        What of a read is counted, and whether duplicates are; None for what the assay has by
        default.
    min_mapq
        Smallest mapping quality of reads that are counted.
    shift
        bp by which reads are moved towards their 3' end before they are counted.
    extend
        Length of fragments in bp, for single reads; wins over the sheet's.
    jobs
        Worker processes; results do not depend on it.
    expression, proteomics, methylation
        Files of other assays, to compare the marks with.
    evidence_max_p, evidence_min_fold_change
        When a gene has changed in these.
    control, copy_number, segments, fasta
        As of `question.Confounders`.
    survival_expression, survival_clinical
        Expression and follow-up of an outside cohort, in which the called genes are tried.
    survival_adjust
        Covariates, by columns of its clinical table.
    survival_strata
        A column of it whose levels have baseline hazards of their own.
    survival_treatment
        A column of it with two treatments, for the question whether the score is predictive.
    survival_worse
        The level of the contrast with the worse outcome; the first unless named.
    sites
        Name -> BED of a peak set that sites are held against.
    contacts
        BEDPE of contacts, which link sites to genes.
    chain
        Chain file by which files of an old assembly are lifted first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sheet: Path
    genome: str | None = None
    genes: Path | None = None
    exclude: Path | None = None
    partition: Path | None = None
    gene_sets: Literal["go"] | Path | None = None
    design: str = Question.formula
    contrast: str | tuple[str, ...] | None = None
    coefficient: str | tuple[str, ...] | None = None
    joint: bool = False
    values: bool = False
    method: str | None = None
    normalize: str | None = None
    fdr: float = Field(default=Question.fdr, ge=0, le=1)
    lfc_threshold: float = Field(default=Question.lfc_threshold, ge=0)
    block: str | None = None
    strata: str | None = None
    hidden: str | int = Question.hidden
    weights: str = Question.weights
    known: Path | None = None
    min_overlap: int = Field(default=Confounders.min_overlap, ge=1)
    quantity: Literal["auto", "reads", "recovered_reads", "mean_signal", "coverage_sum"] = "auto"
    count_as: Literal["read", "fragment", "five_prime", "midpoint"] | None = None
    min_mapq: int = Field(default=0, ge=0)
    keep_duplicates: bool | None = None
    shift: int = 0
    extend: int | None = Field(default=None, ge=1)
    jobs: int = Field(default=1, ge=1)
    expression: Path | None = None
    proteomics: Path | None = None
    methylation: Path | None = None
    evidence_max_p: float = Field(default=0.05, gt=0, le=1)
    evidence_min_fold_change: float = Field(default=1.0, ge=1)
    control: str = Confounders.control
    copy_number: str | None = None
    segments: Path | None = None
    fasta: Path | None = None
    survival_expression: Path | None = None
    survival_clinical: Path | None = None
    survival_adjust: tuple[str, ...] = ()
    survival_strata: str | None = None
    survival_treatment: str | None = None
    survival_worse: str | None = None
    sites: dict[str, Path] = Field(default_factory=dict)
    contacts: Path | None = None
    chain: Path | None = None

    @field_validator(*_NUMBERS, mode="before")
    @classmethod
    def _no_yes_or_no(cls, value: object) -> object:
        """YAML reads `yes` and `on` as True, which would pass for the number 1."""
        if isinstance(value, bool):
            raise PydanticCustomError("number", "input should be a number, not yes or no")
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _no_nul(cls, value: object) -> object:
        """Refuse what no name of a file can hold, nor any other setting."""
        if isinstance(value, str) and "\0" in value:
            raise PydanticCustomError("text", "input should hold no character 0")
        return value

    @field_validator("contrast", "coefficient", mode="before")
    @classmethod
    def _one_alone(cls, value: object) -> object:
        """A list of one is that one, and an empty one nothing."""
        if isinstance(value, list | tuple) and len(value) < 2:
            return value[0] if value else None
        return value

    @field_validator("survival_adjust", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: object) -> object:
        """One covariate needs no brackets."""
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _whole_cohort(self) -> StudySettings:
        """An outside cohort is two files, and what is asked of it needs both."""
        files = (self.survival_expression, self.survival_clinical)
        asked = (
            self.survival_adjust,
            self.survival_strata,
            self.survival_treatment,
            self.survival_worse,
        )
        if None in files and any((*files, *asked)):
            raise PydanticCustomError(
                "cohort",
                "an outside cohort takes survival_expression and survival_clinical"
                " (--survival EXPRESSION CLINICAL), and the other survival settings take both",
            )
        return self

    @property
    def contrasts(self) -> tuple[str, ...]:
        """The contrasts, then the coefficients, that are asked for; empty for the obvious one."""
        found: list[str] = []
        for asked in (self.contrast, self.coefficient):
            found += [asked] if isinstance(asked, str) else asked or ()
        return tuple(found)

    @field_validator("sites")
    @classmethod
    def _names_of_columns(cls, value: dict[str, Path]) -> dict[str, Path]:
        """A set's name stands in the name of a column."""
        for name in value:
            if not _SET_NAME.fullmatch(name):
                raise PydanticCustomError(
                    "name", "a peak set's name has letters, digits and . _ - alone (NAME=BED)"
                )
        return value

    @property
    def named_paths(self) -> dict[str, Path]:
        """Setting -> path, of those that name one; `sites.NAME` for each peak set."""
        single = {name: getattr(self, name) for name in PATHS}
        sets = {f"sites.{name}": path for name, path in self.sites.items()}
        return {name: path for name, path in (single | sets).items() if isinstance(path, Path)}

    @property
    def question(self) -> Question:
        """What the study asks of every mark; of several contrasts, the first.

        Raises
        ------
        DesignError
            If settings do not go together.
        """
        return self.questions[0]

    @property
    def questions(self) -> list[Question]:
        """What the study asks of every mark: one a contrast.

        Raises
        ------
        DesignError
            If settings do not go together.
        """
        asked = ("control", "copy_number", "segments", "fasta", "exclude", "min_overlap")
        confounders = {name: getattr(self, name) for name in asked}
        several = len(self.contrasts) > 1
        question = Question(
            formula=self.design,
            contrast=None if several else _text(self.contrast),
            coefficient=None if several else _text(self.coefficient),
            method=self.method,
            normalize=self.normalize,
            fdr=self.fdr,
            lfc_threshold=self.lfc_threshold,
            block=self.block,
            strata=self.strata,
            hidden=str(self.hidden),
            weights=self.weights,
            confounders=Confounders(**confounders),
        )
        return several_questions(question, self.contrasts) if several else [question]

    def resolved(self, base: Path) -> StudySettings:
        """Return the settings with relative paths taken as relative to `base`."""
        return self.with_paths(lambda path: Path(os.path.normpath(base / path)))

    def with_paths(self, change: Callable[[Path], Path]) -> StudySettings:
        """Return the settings with every path changed in one way."""
        paths = {name: change(path) for name, path in self.named_paths.items()}
        sites = {name: paths.pop(f"sites.{name}") for name in self.sites}
        return self.model_copy(update={**paths, "sites": sites})

    def check_files(self, *, but: Collection[str] = ()) -> None:
        """Refuse a study that names a file which is not there, before anything is read.

        Parameters
        ----------
        but
            Settings that are not looked at.

        Raises
        ------
        InputFormatError
            With the setting and the file.
        """
        for name, path in self.named_paths.items():
            if name not in but and str(path) != GO and not path.exists():
                raise InputFormatError(
                    f"no such file, which {name} names",
                    path=path,
                    remedy="give the path of a file; in a study.yaml it is seen from there",
                )

    def seen_from(self, folder: Path) -> dict[str, Any]:
        """Plain values for a record in a folder; its paths are as `provenance.as_seen_from`."""
        seen = self.with_paths(lambda path: Path(as_seen_from(folder, path)))
        return seen.model_dump(mode="json")


def _text(asked: str | tuple[str, ...] | None) -> str | None:
    return asked if isinstance(asked, str) else None


PATHS = (
    "sheet",
    "known",
    "segments",
    "fasta",
    "genes",
    "exclude",
    "partition",
    "gene_sets",
    "expression",
    "proteomics",
    "methylation",
    "survival_expression",
    "survival_clinical",
    "contacts",
    "chain",
)

# What only the table of sites depends on.
SITES = ("sites", "contacts")

_SET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

_SHOWN = 20  # wrong settings that a message names

# What only the comparison with other assays depends on.
EVIDENCE = (
    "expression",
    "proteomics",
    "methylation",
    "evidence_max_p",
    "evidence_min_fold_change",
    "survival_expression",
    "survival_clinical",
    "survival_adjust",
    "survival_strata",
    "survival_treatment",
    "survival_worse",
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
        wrong = "; ".join(dict.fromkeys(map(_said, found[:_SHOWN])))
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        unknown = [str(e["loc"][0]) for e in found if e["type"] == "extra_forbidden"]
        raise InputFormatError(
            f"wrong settings: {wrong}{more}",
            path=path,
            expected="settings " + ", ".join(StudySettings.model_fields),
            remedy=did_you_mean(unknown, StudySettings.model_fields),
        ) from error


# What pydantic says of types -> what a writer of YAML calls it.
_WORDS = {
    "tuple": "list",
    "dictionary": "table of names and values",
    "path for <class 'pathlib.path'>": "path",
    "is not a valid": "should be a valid",
}


def _said(error: Any) -> str:
    """One wrong setting: its name, what is expected, what was found."""
    place = [str(part) for part in error["loc"] if not _OF_A_UNION.match(str(part))]
    said = str(error["msg"])
    said = said if error["type"] in _OUR_OWN else said.lower()
    for theirs, ours in _WORDS.items():
        said = said.replace(theirs, ours)
    if not place:
        return said[:300]
    return f"{shortened('.'.join(place))}: {said[:300]} (found {quoted(error['input'])})"


_OF_A_UNION = re.compile(r"(str|int|path|tuple\[.*|literal\[.*|lax-or-strict.*|function-.*)$")

_OUR_OWN = ("name", "number", "text", "cohort")
