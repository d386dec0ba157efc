"""Every file name of a run's folder, once; people's pipelines rely on them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from resist_epi.io.store import file_name

RunFile = Literal[
    "study", "provenance", "ledger", "looks", "check", "all_quality", "report", "session",
    "figures", "parts", "lifted", "segments", "amplicons", "switches", "concordance", "mechanisms",
    "counts", "control_counts", "gene_counts", "results", "calls", "carriers", "links", "genes",
    "normalization", "normalization_calls", "gene_sets", "one_by_one", "pre_specified",
    "quality", "shares", "correlation", "components", "profile", "arms", "evidence",
    "sites", "site_summary",
]  # fmt: skip

# `{mark}` as it stands in file names, `{of}` a kind of regions or an assay.
FILES: dict[RunFile, str] = {
    # of the whole study
    "study": "study.yaml",  # settings that run it again
    "provenance": "provenance.json",  # version, settings, checksums
    "ledger": "steps.json",  # finished steps, and what each was made from
    "looks": "tracks.json",  # what each track is
    "check": "check.tsv",
    "all_quality": "qc.tsv",
    "report": "report.html",
    "session": "igv_session.xml",
    "figures": "figures",
    "parts": "counts/parts",  # counts of single files, until all are there
    "lifted": "lifted",  # files that a chain brought to another assembly
    "segments": "copy_number/segments.seg",
    "amplicons": "copy_number/amplicons.tsv",
    "switches": "marks/switches.tsv",
    "concordance": "evidence/concordance.tsv",
    "mechanisms": "mechanisms.tsv",
    # of a mark
    "counts": "counts/{mark}.{of}.parquet",
    "control_counts": "counts/{mark}.{of}.inputs.parquet",
    "gene_counts": "counts/{mark}.peaks.by_gene.parquet",  # of a mark of sites
    "results": "differential/{mark}.{of}.tsv.gz",
    "calls": "differential/{mark}.{of}.bed",
    "carriers": "differential/{mark}.{of}.subset.tsv.gz",
    "links": "links/{mark}.{of}.tsv.gz",  # every gene of every region
    "genes": "genes/{mark}.tsv.gz",  # a row a gene
    "normalization": "normalization/{mark}.tsv",
    "normalization_calls": "normalization/{mark}.calls.tsv",
    "gene_sets": "gene_sets/{mark}.tsv",
    "one_by_one": "gene_sets/{mark}.nsd2_core.tsv",  # the set named in advance, gene by gene
    "pre_specified": "gene_sets/{mark}.nsd2_core_test.tsv",
    "quality": "quality/{mark}.tsv",
    "shares": "quality/{mark}.shares.tsv",
    "correlation": "quality/{mark}.correlation.tsv",
    "components": "quality/{mark}.pca.tsv",
    "profile": "profiles/{mark}.gz",
    "arms": "copy_number/{mark}.arms.tsv",
    "evidence": "evidence/{mark}.{of}.tsv.gz",
    "sites": "sites/{mark}.tsv.gz",  # a row a peak: where it lies
    "site_summary": "sites/{mark}.summary.tsv",
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


def is_run_file(name: str) -> bool:
    """Whether a run writes a file of this name, relative to its folder.

    Examples
    --------
    >>> is_run_file("check.tsv"), is_run_file("counts/ER.peaks.parquet"), is_run_file("a/check.tsv")
    (True, True, False)
    """
    patterns = (re.sub(r"\\{\w+\\}", "[^/]+", re.escape(known)) for known in FILES.values())
    return any(re.fullmatch(pattern, name) for pattern in patterns)
