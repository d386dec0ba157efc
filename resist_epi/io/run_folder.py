"""Every file name of a run's folder, once; people's pipelines rely on them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from resist_epi.errors import DesignError, quoted
from resist_epi.io.store import file_name

RunFile = Literal[
    "study", "provenance", "ledger", "asked", "log", "looks", "check", "all_quality", "report",
    "session", "figures", "parts", "lifted", "segments", "amplicons", "switches", "concordance",
    "survival", "mechanisms",
    "counts", "control_counts", "gene_counts", "results", "calls", "where", "carriers", "links",
    "genes", "unit_values",
    "normalization", "normalization_calls", "gene_sets", "one_by_one", "pre_specified",
    "quality", "balance", "scores", "scored_sheet", "shares", "correlation", "components",
    "profile", "arms", "evidence",
    "sites", "site_summary",
    "occupancy", "consensus", "overlaps", "group_overlaps", "occupancy_components", "peak_classes",
    "occupied_genes", "occupied_mechanisms",
    "nfcore_matrix", "nfcore_features", "nfcore_samples", "nfcore_contrasts",
    "nfcore_contrasts_yaml",
    "multiqc_libraries", "multiqc_calls", "multiqc_factors", "multiqc_versions",
    "crate",
]  # fmt: skip

# `{mark}` as it stands in file names, `{of}` a kind of regions or an assay.
FILES: dict[RunFile, str] = {
    # of the whole study
    "study": "study.yaml",  # settings that run it again
    "provenance": "provenance.json",  # version, settings, checksums
    "crate": "ro-crate-metadata.json",  # the folder as a research object
    "ledger": "steps.json",  # finished steps, and what each was made from
    "asked": ".asked.json",  # the command line, and its files as they were: for the same again
    "log": "run.log",  # what was said, with times
    "looks": "tracks.json",  # what each track is
    "check": "check.tsv",
    "all_quality": "qc.tsv",
    "report": "report.html",
    "session": "igv_session.xml",
    "figures": "figures",
    "parts": ".stages/counts",  # counts of single files, until all are there
    "lifted": "lifted",  # files that a chain brought to another assembly
    "segments": "copy_number/segments.seg",
    "amplicons": "copy_number/amplicons.tsv",
    "switches": "marks/switches.tsv",
    "concordance": "evidence/concordance.tsv",
    "survival": "evidence/survival.tsv",  # the called genes in an outside cohort
    "mechanisms": "mechanisms.tsv",
    # of a mark
    "counts": "counts/{mark}.{of}.parquet",
    "control_counts": "counts/{mark}.{of}.inputs.parquet",
    "gene_counts": "counts/{mark}.peaks.by_gene.parquet",  # of a mark of sites
    "results": "differential/{mark}.{of}.tsv.gz",
    "calls": "differential/{mark}.{of}.bed",
    "where": "differential/{mark}.{of}.where.tsv",  # by CpG class and partition
    "carriers": "differential/{mark}.{of}.subset.tsv.gz",
    "links": "links/{mark}.{of}.tsv.gz",  # every gene of every region
    "genes": "genes/{mark}.tsv.gz",  # a row a gene
    "unit_values": "values/{mark}.{of}.tsv.gz",  # of every unit, in called regions and the like
    "normalization": "normalization/{mark}.tsv",
    "normalization_calls": "normalization/{mark}.calls.tsv",
    "gene_sets": "gene_sets/{mark}.tsv",
    "one_by_one": "gene_sets/{mark}.nsd2_core.tsv",  # the set named in advance, gene by gene
    "pre_specified": "gene_sets/{mark}.nsd2_core_test.tsv",
    "quality": "quality/{mark}.tsv",
    "balance": "quality/{mark}.balance.tsv",  # share of the genome above background
    "scores": "quality/{mark}.scores.tsv",  # proliferation, subtype and other tissue
    "scored_sheet": "quality/sheet_with_scores.csv",
    "shares": "quality/{mark}.shares.tsv",
    "correlation": "quality/{mark}.correlation.tsv",
    "components": "quality/{mark}.pca.tsv",
    "profile": "profiles/{mark}.gz",
    "arms": "copy_number/{mark}.arms.tsv",
    "evidence": "evidence/{mark}.{of}.tsv.gz",
    "sites": "sites/{mark}.tsv.gz",  # a row a peak: where it lies
    "site_summary": "sites/{mark}.summary.tsv",
    # of a mark, in a run of peaks alone
    "occupancy": "occupancy/{mark}.tsv.gz",  # a row a consensus peak
    "consensus": "occupancy/{mark}.consensus.bed",
    "overlaps": "occupancy/{mark}.overlaps.tsv",  # peaks of exactly these samples
    "group_overlaps": "occupancy/{mark}.group_overlaps.tsv",
    "occupancy_components": "occupancy/{mark}.pca.tsv",
    "peak_classes": "occupancy/{mark}.classes.tsv",  # promoter, body, distal; by CpG class
    "occupied_genes": "occupancy/{mark}.genes.tsv.gz",  # a row a gene with peaks
    "occupied_mechanisms": "occupancy/{mark}.mechanisms.tsv",
    # as nf-core/differentialabundance takes them
    "nfcore_matrix": "nfcore/{mark}.matrix.tsv",
    "nfcore_features": "nfcore/{mark}.features.tsv",
    "nfcore_samples": "nfcore/{mark}.samplesheet.csv",
    "nfcore_contrasts": "nfcore/{mark}.contrasts.csv",
    "nfcore_contrasts_yaml": "nfcore/{mark}.contrasts.yaml",
    # as MultiQC takes them
    "multiqc_libraries": "multiqc/resist_epi_libraries_mqc.tsv",  # general statistics
    "multiqc_calls": "multiqc/resist_epi_calls_mqc.tsv",  # by mark and kind of regions
    "multiqc_factors": "multiqc/resist_epi_size_factors_mqc.tsv",
    "multiqc_versions": "multiqc/resist_epi_mqc_versions.yml",
}


def run_file(name: RunFile, mark: str = "", of: str = "") -> str:
    """Where a run keeps a file, relative to its folder.

    Examples
    --------
    >>> run_file("results", "H3K27me3", "promoters")
    'differential/H3K27me3.promoters.tsv.gz'
    """
    return FILES[name].format(mark=file_name(mark), of=of)


def run_path(folder: str | Path, name: RunFile, mark: str = "", of: str = "") -> Path:
    """The path of a file of a run."""
    return Path(folder) / run_file(name, mark, of)


# What the stages of a run leave for one another, and for the run that gathers them.
STAGES = ".stages"

LOGS = "logs"  # of each stage and shard; a workflow's stand there too

StageFile = Literal["looks", "plan", "done", "tested", "lock", "log"]

# `{job}` a stage with its shard or mark.
STAGE_FILES: dict[StageFile, str] = {
    "looks": f"{STAGES}/looks",  # a file a track: what it is, and its checksum
    "plan": f"{STAGES}/plan.npz",  # what is counted in which regions
    "done": f"{STAGES}/{{job}}.json",  # a job that is done
    "tested": f"{STAGES}/tests/{{job}}",  # a folder a mark, laid out as that of a run
    "lock": f"{STAGES}/{{job}}.lock",
    "log": f"{LOGS}/{{job}}.stage.log",
}


def stage_path(folder: str | Path, name: StageFile, job: str = "") -> Path:
    """The path of a file or folder of a run's stages."""
    return Path(folder) / STAGE_FILES[name].format(job=file_name(job))


def as_in_run(path: str | Path) -> Path:
    """Where a file that a stage has written will stand in the run's folder.

    Examples
    --------
    >>> as_in_run("run/.stages/tests/ER/counts/ER.bins.parquet").as_posix()
    'run/counts/ER.bins.parquet'
    >>> as_in_run("run/counts/ER.bins.parquet").as_posix()
    'run/counts/ER.bins.parquet'
    """
    parts = Path(path).parts
    for i in range(len(parts) - 3, -1, -1):
        if parts[i : i + 2] == (STAGES, "tests"):
            return Path(*parts[:i], *parts[i + 3 :])
    return Path(path)


# What a comparison of two runs writes into a folder of its own.
ComparisonFile = Literal["changed", "kinds", "differences", "causes", "figure", "page"]

COMPARISON_FILES: dict[ComparisonFile, str] = {
    "changed": "changed.tsv",  # a row a call that differs
    "kinds": "by_mark.tsv",  # a row a mark and kind of regions
    "differences": "differences.tsv",  # in what the runs differ
    "causes": "causes.tsv",  # one change at a time
    "figure": "compare",  # and the suffix of each format
    "page": "compare.html",
}


def comparison_path(folder: str | Path, name: ComparisonFile, suffix: str = "") -> Path:
    """The path of a file of a comparison."""
    return Path(folder) / f"{COMPARISON_FILES[name]}{suffix}"


# A run of several contrasts keeps what depends on each in a folder of its own.
CONTRASTS = "contrasts"

JOINT = "joint"  # the folder, and the file of `diff`, of all contrasts together

OF_CONTRAST: frozenset[RunFile] = frozenset({
    "report", "figures", "switches", "concordance", "mechanisms", "results", "calls", "carriers",
    "links", "genes", "normalization", "normalization_calls", "gene_sets", "one_by_one",
    "pre_specified", "arms", "evidence", "survival", "scores", "scored_sheet", "gene_counts",
    "where", "balance", "sites", "site_summary", "unit_values",
})  # fmt: skip

_LONGEST = 120  # characters of a contrast in the name of a file


def contrast_name(label: str) -> str:
    """A contrast as it stands in the names of files and folders; the true one is in the header.

    Examples
    --------
    >>> contrast_name("poor-good"), contrast_name("Treatment[T.ai]:Condition[T.poor]")
    ('poor-good', 'Treatment_T.ai__Condition_T.poor_')
    """
    return file_name(label)[:_LONGEST].lstrip(".-") or "_"


def contrast_names(labels: Sequence[str]) -> list[str]:
    """The names of several contrasts, which differ on every computer.

    Raises
    ------
    DesignError
        If two of them would be one, or one that of all together.
    """
    names = [contrast_name(label) for label in labels]
    seen = {JOINT: "that of all contrasts together"}
    for label, name in zip(labels, names, strict=True):
        other = seen.setdefault(name.casefold(), f"the contrast {quoted(label)}")
        if other != f"the contrast {quoted(label)}" or labels.count(label) > 1:
            raise DesignError(
                f"the contrast {quoted(label)} would be written under the same name as {other}"
                f" ({name}); rename a level, or ask for them one by one"
            )
    return names


def contrast_folder(folder: str | Path, name: str) -> Path:
    """Where a run of several contrasts keeps what depends on one; the name as `contrast_name`."""
    return Path(folder) / CONTRASTS / name


def contrast_folders(folder: str | Path) -> list[Path]:
    """The folders of a run's contrasts, but for that of all together; none where it has one."""
    found = sorted(p for p in (Path(folder) / CONTRASTS).glob("*") if p.name != JOINT)
    return [p for p in found if any((p / "differential").glob("*.tsv.gz"))]


def is_peaks_run(folder: str | Path) -> bool:
    """Whether a folder is that of a run of peaks alone: it has consensus peaks and no results."""
    folder = Path(folder)
    tested = any(folder.glob("differential/*.tsv.gz"))
    return any(folder.glob("occupancy/*.consensus.bed")) and not tested


# Besides the files above: what other parts of the package, or of a workflow, put there.
_OWN = (
    *(CONTRASTS, STAGES, LOGS, "evidence", "counts"),
    *("differentialabundance", "nf-core"),
)


def foreign_entries(folder: str | Path) -> list[str]:
    """Names in a folder that no run writes there, sorted; of a folder that is a run's, none.

    Names that begin with a point are left aside: systems and editors put them anywhere.

    Raises
    ------
    OSError
        If the folder cannot be listed.
    """
    folder = Path(folder)
    if not folder.is_dir() or run_path(folder, "ledger").is_file():
        return []
    own = {name.partition("/")[0] for name in FILES.values()} | {*_OWN}
    return sorted(
        p.name for p in folder.iterdir() if p.name not in own and not p.name.startswith(".")
    )


def folders_above(path: str | Path) -> int:
    """Folders from that of a file up to that of its run.

    Examples
    --------
    >>> folders_above("run/differential/a.tsv"), folders_above("run/contrasts/a-b/genes/a.tsv")
    (1, 3)
    """
    parts = Path(path).parts
    return 3 if len(parts) > 3 and parts[-4] == CONTRASTS else 1


def is_run_file(name: str) -> bool:
    """Whether a run writes a file of this name, relative to its folder.

    Examples
    --------
    >>> is_run_file("check.tsv"), is_run_file("counts/ER.peaks.parquet"), is_run_file("a/check.tsv")
    (True, True, False)
    >>> is_run_file("contrasts/a-b/report.html"), is_run_file("contrasts/a-b/check.tsv")
    (True, False)
    """
    head, _, rest = name.partition("/")
    own = rest.partition("/")[2] if head == CONTRASTS else name
    known = [FILES[f] for f in (FILES if own is name else OF_CONTRAST)]
    patterns = (re.sub(r"\\{\w+\\}", "[^/]+", re.escape(pattern)) for pattern in known)
    return any(re.fullmatch(pattern, own) for pattern in patterns)
