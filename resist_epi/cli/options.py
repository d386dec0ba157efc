"""Options that several verbs share, defined once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class QuantityChoice(StrEnum):
    """Quantities that tracks can give."""

    auto = "auto"
    reads = "reads"
    recovered_reads = "recovered_reads"
    mean_signal = "mean_signal"
    coverage_sum = "coverage_sum"


SheetArgument = Annotated[
    Path, typer.Argument(metavar="SHEET", help="Sample sheet (CSV or TSV, DiffBind's columns).")
]


def own_link(output: Path | None) -> Path | None:
    """What a link to a file leads to: the user named it, so it is followed and stays a link."""
    if output is None or not output.is_symlink() or not output.is_file():
        return output
    return output if str(output).startswith(("/dev/", "/proc/")) else output.resolve()


Output = Annotated[
    Path, typer.Option("--output", "-o", callback=own_link, help="Where the result goes.")
]

GenomeOption = Annotated[
    str | None,
    typer.Option("--genome", help="Built-in assembly: hg38 or hg19. Told by the tracks if absent."),
]

GenesOption = Annotated[
    Path | None,
    typer.Option(
        "--genes", help="Gene file instead of the built-in genes: GTF, GFF3, genePred, BED12, TSV."
    ),
]

ChainOption = Annotated[
    Path | None,
    typer.Option(
        "--chain",
        help="Chain file (UCSC) by which peaks, BED reads and bedGraphs of an old assembly are"
        " lifted first.",
    ),
]

CacheOption = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        metavar="DIR",
        help="Where files that the sheet names by http://, https:// or s3:// are kept. Default:"
        " resist_epi/tracks in the user's cache.",
    ),
]

SitesOption = Annotated[
    list[str],
    typer.Option(
        "--sites",
        metavar="NAME=BED",
        help="A peak set, such as FOXA1=foxa1.bed, that sites are held against. Repeatable.",
    ),
]

ContactsOption = Annotated[
    Path | None,
    typer.Option("--contacts", help="BEDPE of contacts, which link sites to genes."),
]

ExcludeOption = Annotated[
    Path | None, typer.Option("--exclude", help="BED of regions to leave out (blacklist).")
]

DesignOption = Annotated[
    str,
    typer.Option("--design", help="Formula over columns of the sheet, as '~ Batch + Condition'."),
]

ContrastOption = Annotated[
    str | None,
    typer.Option(
        "--contrast", help="[COLUMN:]A-B; positive means more mark in A. Default poor-good."
    ),
]

ContrastsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--contrast",
        help="[COLUMN:]A-B; positive means more mark in A. Default poor-good. Repeat it for several"
        " of one fit.",
    ),
]

CoefficientsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--coefficient",
        help="A coefficient of the design by its printed name, such as an interaction"
        " 'Treatment[T.ai]:Condition[T.poor]'. Repeatable, also beside --contrast.",
    ),
]

JointOption = Annotated[
    bool,
    typer.Option(
        "--joint/--not-joint", help="Also test all contrasts at once (F): trend, voom or ql."
    ),
]

ValuesOption = Annotated[
    bool,
    typer.Option(
        "--values/--no-values",
        help="Also the mean of every group and the value of every unit, normalised, in the unit of"
        " baseMean: columns mean_GROUP and value_UNIT.",
    ),
]

_METHOD, _NORMALIZE = typer.Option("--method"), typer.Option("--normalize")

MethodOption = Annotated[str | None, _METHOD]

NormalizeOption = Annotated[str | None, _NORMALIZE]


def name_choices() -> None:
    """Write the names of the registries into the help; only help waits for them to be loaded."""
    from resist_epi.model.method import METHODS
    from resist_epi.model.normalization_method import METHODS as NORMALIZATIONS

    tests, known = list(METHODS), NORMALIZATIONS
    defaults = [name for name, method in known.items() if method.default is not None]
    _METHOD.help = f"{_one_of(tests)}. Default: by quantity and units."
    _NORMALIZE.help = (
        f"{_one_of(list(known))}. Default: the first of {', '.join(defaults)} that can be had"
        " and passes its checks."
    )


def _one_of(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


BackgroundOption = Annotated[
    Path | None,
    typer.Option("--background", help="Counts of the same tracks in bins (count --regions bins)."),
]

FdrOption = Annotated[
    float, typer.Option("--fdr", min=0.0, max=1.0, help="Level of the column direction.")
]

ThresholdOption = Annotated[
    float,
    typer.Option("--lfc-threshold", min=0.0, help="Test against |log2 fold change| <= this."),
]

BlockOption = Annotated[
    str | None, typer.Option("--block", help="Column with a random effect, such as Patient.")
]

StrataOption = Annotated[
    str | None, typer.Option("--strata", help="Column with baseline hazards of its own.")
]

HiddenOption = Annotated[
    str,
    typer.Option(
        "--hidden",
        metavar="auto|none|K",
        help="Factors that no column names, such as an unknown batch: auto looks for them and"
        " adjusts where it can, none does not, a number takes so many.",
    ),
]

WeightsOption = Annotated[
    str,
    typer.Option(
        "--weights",
        metavar="auto|none",
        help="Weights of the units: auto where there are 5 or more a group and nothing speaks"
        " against them, or none.",
    ),
]

KnownOption = Annotated[
    Path | None,
    typer.Option(
        "--known",
        help="TSV of genes or regions of known direction: symbol, gene_id or chrom start end, and"
        " direction (gain, loss or none). Each normalisation is held against it.",
    ),
]

GeneSetsOption = Annotated[
    str | None,
    typer.Option(
        "--gene-sets",
        help="GMT file instead of the built-in sets, or go: processes of the Gene Ontology.",
    ),
]

MarkOption = Annotated[
    str | None, typer.Option("--mark", help="Use the rows of this Factor alone.")
]

ControlOption = Annotated[
    str,
    typer.Option(
        "--control",
        help="What the sheet's inputs (ControlCoverage or bamControl) do: none; filter, regions not"
        " over input in any group's worth of units are not tested; offset, background follows the"
        " unit's input. Never subtracted.",
    ),
]

CopyNumberOption = Annotated[
    str | None,
    typer.Option(
        "--copy-number",
        help="Correct copy number: none, input (segments of the sheet's inputs) or segments (of"
        " --segments). Default: segments where there are any, else none.",
    ),
]

SegmentsOption = Annotated[
    Path | None,
    typer.Option("--segments", help="SEG file of copy number segments, by SampleID or Patient."),
]

FastaOption = Annotated[
    Path | None,
    typer.Option("--fasta", help="Genome FASTA: corrects the GC content of --copy-number input."),
]

# Verbs that come after `diff` ask what the results' own header says was asked.

DesignAgain = Annotated[str | None, typer.Option("--design", help="In place of the results' own.")]

FdrAgain = Annotated[
    float | None,
    typer.Option("--fdr", min=0.0, max=1.0, help="Level. Default: that of the results."),
]

ThresholdAgain = Annotated[
    float | None,
    typer.Option("--lfc-threshold", min=0.0, help="In place of the results' own."),
]

ControlAgain = Annotated[
    str | None,
    typer.Option("--control", help="In place of the results' own: none, filter, offset."),
]

MinOverlapOption = Annotated[
    int,
    typer.Option(
        "--min-overlap",
        "--min-samples",
        min=1,
        help="Samples in which a consensus peak must be found.",
    ),
]

MinMapqOption = Annotated[
    int, typer.Option("--min-mapq", min=0, help="Reads: lowest mapping quality that counts.")
]

DuplicatesOption = Annotated[
    bool | None,
    typer.Option(
        "--keep-duplicates/--drop-duplicates",
        help="Reads: whether marked duplicates count. Default: by the sheet's Assay, kept in all.",
    ),
]

CountAsOption = Annotated[
    str | None,
    typer.Option(
        "--count-as",
        help="Reads: read (as aligned), fragment, five_prime or midpoint. Fragments are of the"
        " sheet's FragmentLength, or pairs. Default: by the sheet's Assay; ChIP-seq read, CUT&RUN"
        " and CUT&Tag fragment.",
    ),
]

ShiftOption = Annotated[
    int, typer.Option("--shift", help="Reads: count 5' ends moved downstream by this many bp.")
]

ExtendOption = Annotated[
    int | None,
    typer.Option(
        "--extend", min=1, help="Reads: count fragments of this length, bp; pairs as they are."
    ),
]


def numbers(text: str, option: str, *, whole: bool = False) -> tuple[Any, ...]:
    """The numbers of a list with commas between: `3,6,12`.

    Raises
    ------
    BadParameter
        If a part is no number.
    """
    try:
        return tuple((int if whole else float)(part) for part in text.split(",") if part.strip())
    except ValueError:
        kind = "whole numbers" if whole else "numbers"
        raise typer.BadParameter(
            f"expected {kind} with commas between; found {text!r}", param_hint=option
        ) from None


PartitionOption = Annotated[
    Path | None,
    typer.Option(
        "--partition",
        help="BED whose 4th column names a class (chromatin state, timing): calls by class.",
    ),
]

ExpressionOption = Annotated[
    Path | None,
    typer.Option("--expression", help="Expression: fold changes, patients or group means."),
]

ProteomicsOption = Annotated[Path | None, typer.Option("--proteomics", help="Proteins, likewise.")]

MethylationOption = Annotated[
    Path | None, typer.Option("--methylation", help="DNA methylation of the genes, likewise.")
]

SurvivalOption = Annotated[
    tuple[Path, Path] | None,
    typer.Option(
        "--survival",
        metavar="EXPRESSION CLINICAL",
        help="An outside cohort: genes x patients, and patient, time, event, covariates.",
    ),
]

CohortAdjustOption = Annotated[
    list[str] | None,
    typer.Option("--cohort-adjust", help="Covariate of the outside cohort; may be repeated."),
]

CohortStrataOption = Annotated[
    str | None,
    typer.Option("--cohort-strata", help="Its column whose levels have their own hazards."),
]

CohortTreatmentOption = Annotated[
    str | None,
    typer.Option("--cohort-treatment", help="Its column of two treatments: is it predictive?"),
]

WorseOption = Annotated[
    str | None,
    typer.Option("--worse", help="Level of the contrast with the worse outcome; else the first."),
]


def named(**options: Any) -> dict[str, Any]:
    """The options that the user gave, of options that are None by default."""
    return {name: value for name, value in options.items() if value is not None}


def named_files(given: list[str]) -> dict[str, Path]:
    """`NAME=FILE` each -> name -> file.

    Raises
    ------
    typer.BadParameter
        If one has no name or no file, or a name stands twice.
    """
    found: dict[str, Path] = {}
    for text in given:
        name, _, path = text.partition("=")
        if not name or not path:
            raise typer.BadParameter(f"{text!r}: expected NAME=BED, such as FOXA1=foxa1.bed")
        if name in found:
            raise typer.BadParameter(f"{name!r} is given twice")
        found[name] = Path(path)
    return found
