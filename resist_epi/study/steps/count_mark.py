"""Counting a mark: all kinds of its regions, and shares of its libraries, in one pass a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray
from resist_epi.counting.files import count_tables
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.plan import Adjacent
from resist_epi.domains.count_bins import placed_lengths
from resist_epi.domains.of_sheet import window_controls
from resist_epi.domains.settings import DomainSettings
from resist_epi.domains.window_controls import open_window_controls, tally_controls
from resist_epi.genome.consensus import Consensus
from resist_epi.io.parts import Parts
from resist_epi.io.progress import begin
from resist_epi.samples.presets import preset
from resist_epi.schema import Kind
from resist_epi.study.regions import background_regions, kind_regions
from resist_epi.study.study import Study, chrom_lengths, counting_pass
from resist_epi.study.study_counts import OWN_REGIONS
from resist_epi.tracks.opened import OpenedFile


@dataclass(frozen=True)
class KeptCounts:
    """What each file of a mark gave, as it was kept.

    Attributes
    ----------
    keys
        SampleID -> key of its part.
    """

    parts: Parts
    keys: Mapping[str, str]


@dataclass(frozen=True)
class MarkCounts:
    """What counting a mark gives.

    Attributes
    ----------
    matrices
        Kind -> matrix, a column a library.
    shares
        A row a library: `sample`, `in_peaks` and `in_promoters`, 0 to 1; NaN where there are no
        peaks, or no signal.
    own
        Of regions of the user's, where there are any.
    kept
        Where the bins of the files are; None where none were asked for.
    """

    matrices: dict[Kind, CountMatrix]
    shares: pd.DataFrame
    own: CountMatrix | None = None
    kept: KeptCounts | None = None


@dataclass(frozen=True)
class Asked:
    """What is asked of the files of a mark.

    Attributes
    ----------
    tables
        Name -> regions that are counted.
    within
        Name -> regions of which only the share of a library is wanted.
    adjacent
        Bins of which windows are made; None where none are wanted.
    library_sizes
        (n_libraries,) that the sheet names, NaN where it does not; None for the files' own.
    """

    tables: dict[str, pd.DataFrame]
    within: dict[str, pd.DataFrame]
    adjacent: Adjacent | None
    library_sizes: FloatArray | None


def asked_of_mark(
    study: Study,
    mark: str,
    kinds: Sequence[Kind],
    consensus: Consensus | None,
    *,
    own: pd.DataFrame | None = None,
    windows: bool | None = None,
) -> Asked:
    """What is asked of the files of a mark for these kinds of regions.

    Parameters
    ----------
    own, windows
        As of `count_mark`.
    """
    sources = study.sources[mark]
    tables: dict[str, pd.DataFrame] = {
        kind: _regions(study, mark, kind, consensus) for kind in kinds
    }
    if own is not None:
        tables[OWN_REGIONS] = own
    within = {"promoters": _regions(study, mark, "promoters", None)}
    if consensus is not None:
        within["peaks"] = consensus.regions
    recovered = sources.quantity == "recovered_reads"  # its libraries' sizes are found with it
    sizes = None if recovered else study.sheet.for_mark(mark).numbers("LibrarySize")
    adjacent = None
    if preset(mark).broad if windows is None else windows:
        genome = study.reference.genome
        lengths = placed_lengths(sources.files, chrom_lengths(study), genome=genome)
        adjacent = Adjacent(DomainSettings().step, lengths)
    return Asked(tables, within, adjacent, sizes)


def _regions(study: Study, mark: str, kind: Kind, consensus: Consensus | None) -> pd.DataFrame:
    """Regions of a kind, made once: they are asked for before tracks are read, and after."""
    if kind == "bins" and study.reference.genome is None:
        return background_regions(study.reference, study.sources[mark].files)
    key = ("bins",) if kind == "bins" else (mark, kind)
    if key not in study.made:
        study.made[key] = (
            background_regions(study.reference, study.sources[mark].files)
            if kind == "bins"
            else kind_regions(kind, study.reference, preset(mark), consensus=consensus)
        )
    return study.made[key]


def count_mark(
    study: Study,
    mark: str,
    kinds: Sequence[Kind],
    consensus: Consensus | None,
    *,
    own: pd.DataFrame | None = None,
    parts: Parts | None = None,
    windows: bool | None = None,
    progress: Callable[[str], None] | None = None,
) -> MarkCounts:
    """Count the files of one mark in these kinds of regions, each file once.

    Parameters
    ----------
    own
        Regions of the user's, counted beside.
    parts
        Where the counts of each file are kept until all are there.
    windows
        Whether the bins of windows are wanted too; by default those of a broad mark.
    progress
        Called with a line whenever a file was counted.

    Raises
    ------
    ResistEpiError
        As `files.count_tables`.
    """
    sheet, sources = study.sheet.for_mark(mark), study.sources[mark]
    asked = asked_of_mark(study, mark, kinds, consensus, own=own, windows=windows)
    counted = count_tables(
        sources.files,
        asked.tables,
        within=asked.within,
        adjacent=asked.adjacent,
        library_sizes=asked.library_sizes,
        how=counting_pass(study, progress, parts=parts),
    )
    nothing = dict.fromkeys(sheet.samples, np.nan)
    shares = pd.DataFrame(
        {
            "sample": list(sheet.samples),
            **{
                f"in_{name}": [counted.shares.get(name, nothing)[s] for s in sheet.samples]
                for name in ("peaks", "promoters")
            },
        }
    )
    because = {"quantity_reason": sources.reason, **study.naming.facts()}
    matrices = {
        kind: replace(m, metadata={**m.metadata, **because}) for kind, m in counted.matrices.items()
    }
    ours = matrices.pop(OWN_REGIONS, None)
    kept = None
    if asked.adjacent is not None and parts is not None:
        kept = KeptCounts(parts, counted.kept)
        _count_controls(study, mark, asked.adjacent, parts, progress)
    return MarkCounts({kind: matrices[kind] for kind in kinds}, shares, ours, kept)


def controls_counted(study: Study, mark: str, adjacent: Adjacent | None) -> dict[str, OpenedFile]:
    """The controls against which windows are held, where their bins can be added up beforehand."""
    files = study.sources[mark].files.values()
    # A text tells only when it was read which chromosomes windows are looked for on.
    if adjacent is None or not all(file.lengths_known for file in files):
        return {}
    paths = window_controls(study.sheet.for_mark(mark)).values()
    return open_window_controls(paths, study.reference.genome)


def _count_controls(
    study: Study,
    mark: str,
    adjacent: Adjacent,
    parts: Parts,
    progress: Callable[[str], None] | None,
) -> None:
    """Keep the controls' bins beside those of the libraries, by all processes.

    They stay when the libraries' are removed: another mark may have the same controls.
    """
    controls = controls_counted(study, mark, adjacent)
    if controls:
        begin(progress, f"counting inputs of {mark}", len(controls))
        how = counting_pass(study, progress, parts=Parts(parts.folder))
        tally_controls(controls, adjacent, how)
