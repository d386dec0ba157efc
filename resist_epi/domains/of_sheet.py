"""From a sheet to the domains of its mark."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from resist_epi.counting.background import BACKGROUND_BIN
from resist_epi.counting.files import count_tables
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.passes import Pass
from resist_epi.counting.plan import Adjacent
from resist_epi.counting.sources import ReadOptions, sheet_sources
from resist_epi.domains.count_bins import count_domain_bins, placed_lengths
from resist_epi.domains.filter import BackgroundLevel
from resist_epi.domains.find import find_domains
from resist_epi.domains.settings import DomainSettings
from resist_epi.errors import DesignError
from resist_epi.genome.bins import genome_bins
from resist_epi.genome.chromosomes import Genome, autosomes
from resist_epi.io.parts import Parts
from resist_epi.samples.sheet import SampleSheet
from resist_epi.tracks.opened import OpenedFile

logger = logging.getLogger(__name__)


def sheet_domains(
    sheet: SampleSheet,
    *,
    lengths: Mapping[str, int] | None = None,
    settings: DomainSettings | None = None,
    reads: ReadOptions | None = None,
    how: Pass | None = None,
) -> pd.DataFrame:
    """Domains of one mark, from its tracks or, where there are none, its reads.

    One pass over the files: the bins of windows are kept beside those of the background until these
    tell which are above it. Regions are of the kind `domains`, as of `find.find_domains`.

    Parameters
    ----------
    lengths
        bp of each chromosome; by default those that the files state.
    how
        As of `files.count_tables`.
    """
    how = how or Pass()
    files = domain_files(sheet, reads=reads, genome=how.genome)
    known = placed_lengths(files, lengths, genome=how.genome)
    background = {"bins": genome_bins({c: known[c] for c in autosomes(known)}, BACKGROUND_BIN)}
    chosen = DomainSettings() if settings is None else settings
    with TemporaryDirectory() as folder:
        how = replace(how, parts=Parts(folder))
        counted = count_tables(
            files,
            background,
            adjacent=Adjacent(chosen.step, known),
            library_sizes=sheet.numbers("LibrarySize"),
            how=how,
        )
        bins = sheet_domain_bins(
            sheet,
            files,
            counted.matrices["bins"],
            lengths=known,
            settings=chosen,
            kept=counted.kept,
            how=how,
        )
    domains = find_domains(bins)
    logger.info("%d domains", len(domains))
    return domains.regions


def domain_files(
    sheet: SampleSheet, *, reads: ReadOptions | None = None, genome: Genome | None = None
) -> dict[str, OpenedFile]:
    """The files in which domains are looked for: tracks where every row has one, else reads."""
    table = sheet.table
    has_tracks = "Coverage" in table and bool((table["Coverage"] != "").all())
    quantity = "mean_signal" if has_tracks else "reads"
    name = None if genome is None else genome.name
    return sheet_sources(sheet, quantity, reads=reads, genome=name).files


def sheet_domain_bins(
    sheet: SampleSheet,
    files: Mapping[str, OpenedFile],
    ten_kb: CountMatrix,
    *,
    lengths: Mapping[str, int] | None = None,
    settings: DomainSettings | None = None,
    kept: Mapping[str, str] | None = None,
    background: BackgroundLevel | None = None,
    how: Pass | None = None,
) -> CountMatrix:
    """Find the bins of windows above the background, and above the controls that the sheet names.

    Parameters
    ----------
    ten_kb
        Counts of the same files in 10-kb bins.
    kept, background, how
        As of `count_bins.count_domain_bins`.
    """
    controls = window_controls(sheet)
    _say(sheet, controls)
    return count_domain_bins(
        files,
        ten_kb,
        lengths=lengths,
        controls=controls,
        settings=settings,
        kept=kept,
        background=background,
        how=how,
    )


def window_controls(sheet: SampleSheet) -> dict[str, str]:
    """Track of the control of every sample that has one.

    Raises
    ------
    DesignError
        If a control is not there.
    """
    if "ControlCoverage" not in sheet.table:
        return {}
    named = dict(zip(sheet.samples, map(str, sheet.table["ControlCoverage"]), strict=True))
    found = {name: path for name, path in named.items() if path}
    absent = [path for path in dict.fromkeys(found.values()) if not Path(path).exists()]
    if absent:
        raise DesignError(
            f"the inputs {', '.join(absent)} (column ControlCoverage) are not there; domains"
            " must stand out against them. Correct the sheet, or leave the column out"
        )
    return found


def _say(sheet: SampleSheet, controls: Mapping[str, str]) -> None:
    """Log which inputs have a say in domains."""
    if controls:
        logger.info("domains must stand out against %d inputs", len(set(controls.values())))
    elif "bamControl" in sheet.table and (sheet.table["bamControl"] != "").any():
        logger.info("inputs as reads (bamControl) have no say in domains; ControlCoverage has")
