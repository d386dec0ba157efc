"""Where a mark's sites lie, gained and lost: for every mark with peaks."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pandas as pd

from resist_epi.errors import InputFormatError
from resist_epi.genes.site_contexts import (
    DISTANCES,
    SiteSources,
    site_contexts,
    summarise_contexts,
)
from resist_epi.genome.contacts import read_contacts
from resist_epi.genome.naming import Naming
from resist_epi.genome.peaks import read_bed_regions
from resist_epi.io.run_folder import run_path
from resist_epi.io.tables import read_results
from resist_epi.samples.presets import preset
from resist_epi.study.steps.outputs import Outputs
from resist_epi.study.study import Study


def read_site_sources(
    sets: Mapping[str, Path],
    contacts: Path | None,
    naming: Naming | None,
    *,
    promoter: tuple[int, int] = (1000, 1000),
) -> SiteSources:
    """Read peak sets and contacts, their chromosomes named as the sites' are.

    Parameters
    ----------
    sets
        Name -> BED.
    contacts
        BEDPE, or None.
    naming
        How the chromosomes of the sites are named; None leaves names as they are.
    promoter
        As of `SiteSources`.

    Raises
    ------
    InputFormatError
        If a file cannot be read, or holds nothing.
    GenomeMismatchError
        If a file has no chromosome of the sites.
    """
    tables = {name: _placed(_read_set(name, path), path, naming) for name, path in sets.items()}
    pairs = None if contacts is None else read_contacts(contacts)
    if pairs is not None and contacts is not None and naming is not None:
        for side in ("chrom1", "chrom2"):
            own = naming.place(pairs.rename(columns={side: "chrom"}), str(contacts), rows="anchors")
            pairs = own.rename(columns={"chrom": side})
    return SiteSources(tables, pairs, promoter)


def _read_set(name: str, path: Path) -> pd.DataFrame:
    regions = read_bed_regions(path)[["chrom", "start", "end"]]
    if regions.empty:
        raise InputFormatError(
            "holds no intervals",
            path=path,
            expected=f"BED of the peak set {name}",
            remedy="give the peaks of this factor, or leave the set out",
        )
    return regions


def _placed(table: pd.DataFrame, path: Path, naming: Naming | None) -> pd.DataFrame:
    return table if naming is None else naming.place(table, str(path))


def write_sites(study: Study, out: Path) -> list[Path]:
    """Write a row a site and how many lie where, for each mark whose peaks were tested.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    ResistEpiError
        As `read_site_sources`.
    """
    written: list[Path] = []
    settings = study.settings
    for place, mark in product(study.contrasts or (out,), study.sheet.marks):
        path = run_path(place, "results", mark, "peaks")
        if not path.exists():
            continue
        sources = read_site_sources(
            settings.sites, settings.contacts, study.naming, promoter=preset(mark).window
        )
        results = read_results(path)
        table = site_contexts(results, study.reference.linked, sources)
        outputs = Outputs(place, mark)
        about = {"contrast": results.attrs["header"].get("contrast", "")} | sites_in_words(sources)
        outputs.table(outputs.path("sites"), table, about)
        outputs.table(outputs.path("site_summary"), summarise_contexts(table), about)
        written += outputs.written
    return written


def sites_in_words(sources: SiteSources) -> dict[str, str]:
    """For the header: what a site was held against, and what the numbers are."""
    sets = ", ".join(sources.sets) or "none was named (--sites NAME=BED)"
    contacts = "none were given (--contacts BEDPE)"
    if sources.contacts is not None:
        contacts = f"{len(sources.contacts)} contacts; genes whose promoter lies in the other end"
    return {
        "sites": "sites gained and lost against sites that were tested and not called, by distance"
        f" to the nearest start (up to {', '.join(f'{d // 1000} kb' for d in DISTANCES)}), peak"
        " sets and contacts",
        "peak sets": sets,
        "contacts": contacts,
        "P": "Fisher's exact test, two-sided, adjusted over the table; neighbouring sites are not"
        " independent, so P describe and do not decide",
    }
