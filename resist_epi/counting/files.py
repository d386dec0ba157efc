"""Tracks and files of reads counted in tables of regions, a pass each, by several processes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.arrays import ByChromosome, FloatArray
from resist_epi.counting.filling import MatrixFilling
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.plan import RegionPlan
from resist_epi.counting.sources import Source
from resist_epi.counting.tally import Tally, tally_coverage, tally_reads
from resist_epi.errors import QuantityError, WorkerDiedError
from resist_epi.genome.chromosomes import Genome
from resist_epi.io.parts import Parts
from resist_epi.schema import QUANTITIES
from resist_epi.tracks.lengths import stated_lengths
from resist_epi.tracks.open import open_track
from resist_epi.tracks.reads.open import open_reads
from resist_epi.tracks.recovery.recovered_track import RecoveredTrack
from resist_epi.workers import run_tasks

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Counted:
    """Matrices of several tables from one pass over each file.

    Attributes
    ----------
    matrices
        Table -> matrix.
    shares
        Table asked for -> sample -> share of the library in it.
    """

    matrices: dict[str, CountMatrix]
    shares: dict[str, dict[str, float]]


@dataclass(frozen=True)
class _Pass:
    """The work of one task: open a file and tally it."""

    plan: RegionPlan

    def __call__(self, source: Source) -> Tally:
        if source.quantity == "reads":
            return tally_reads(open_reads(source.path), self.plan, rules=source.rules)
        track = open_track(source.path)
        if source.recovery is None:
            return tally_coverage(track, self.plan, mean=source.quantity == "mean_signal")
        snapped = RecoveredTrack(track, source.recovery)
        found = tally_coverage(snapped, self.plan)
        width = source.recovery.width
        return replace(
            found,
            values={name: sums / width for name, sums in found.values.items()},
            library_size=source.recovery.library_size,
        )


def count_tables(
    sources: Mapping[str, Source],
    tables: Mapping[str, pd.DataFrame],
    *,
    within: Mapping[str, pd.DataFrame] | None = None,
    library_sizes: FloatArray | None = None,
    exclude: ByChromosome | None = None,
    genome: Genome | None = None,
    known: Collection[Genome] = (),
    jobs: int = 1,
    parts: Parts | None = None,
    progress: Callable[[str], None] | None = None,
) -> Counted:
    """Count every file in every region of every table; each file is read once.

    Regions on chromosomes that no file has are dropped, and the log says how many. Results do not
    depend on `jobs`.

    Parameters
    ----------
    sources
        SampleID -> file, all of one quantity.
    tables
        Name -> region table.
    within
        Name -> region table of which only the share of each library is wanted.
    library_sizes
        (n_samples,) positive, NaN where unknown: there, or by default, the file's own.
    exclude
        Chromosome -> sorted, disjoint starts and ends whose bases (or the reads that touch them)
        count nowhere.
    genome, known
        As of `coverage.count_regions`.
    jobs
        Worker processes.
    parts
        Where the tally of each file is kept until all are there: what is found here is not counted
        again. The caller removes them.
    progress
        Called with a line whenever a file was counted.

    Raises
    ------
    GenomeMismatchError
        If chromosomes are absent from some of the files, or of other lengths, or none is shared.
    InputFormatError
        If a file is damaged, or a value is below zero.
    WorkerDiedError
        If worker processes were killed; their files are named, and the others counted and kept.
    """
    (quantity,) = {source.quantity for source in sources.values()} or {"mean_signal"}
    if quantity not in QUANTITIES:
        raise QuantityError(f"unknown quantity {quantity!r}; expected {', '.join(QUANTITIES)}")
    filling = MatrixFilling(tables, tuple(sources), quantity=quantity, library_sizes=library_sizes)
    lengths: dict[str, dict[str, int | None]] = {}
    for name, source in sources.items():
        header = stated_lengths(source.path, reads=source.quantity == "reads")
        if header.lengths_known:
            lengths[name] = dict(header.chrom_lengths)
    if lengths:
        filling.keep_shared(lengths, genome=genome, known=known)
    plan = RegionPlan(filling.tables, within or {}, exclude or {})
    digest = "" if parts is None else plan.digest()
    shares: dict[str, dict[str, float]] = {name: {} for name in plan.within}

    def add(name: str, tally: Tally) -> None:
        lengths[name] = dict(tally.chrom_lengths)
        filling.add(name, tally)
        for table, share in tally.shares.items():
            shares[table][name] = share

    def done(name: str, tally: Tally) -> None:
        if parts is not None:
            _keep(parts, sources[name].key(digest), tally)
        if tally.note:
            logger.info("%s: %s", name, tally.note)
        add(name, tally)
        if progress is not None:
            progress(f"{name}: counted")

    kept = []
    for name, source in sources.items():
        found = None if parts is None else _found(parts, source.key(digest))
        if found is not None:
            add(name, found)
            kept.append(name)
    if kept:
        logger.info("counted by an earlier run that stopped: %s", ", ".join(kept))
    waiting = {name: source for name, source in sources.items() if name not in kept}
    try:
        run_tasks(_Pass(plan), waiting, jobs=jobs, done=done)
    except WorkerDiedError as error:
        raise _named(error, sources, parts) from None
    filling.keep_shared({name: lengths[name] for name in sources}, genome=genome, known=known)
    ordered = {table: {s: by[s] for s in sources} for table, by in shares.items()}
    return Counted(filling.matrices(**_metadata(sources)), ordered)


def _metadata(sources: Mapping[str, Source]) -> dict[str, Any]:
    """What is worth knowing of how the files were counted."""
    rules = {name: s.rules.describe() for name, s in sources.items() if s.rules is not None}
    found = {name: s.recovery for name, s in sources.items() if s.recovery is not None}
    about: dict[str, Any] = {}
    if rules:
        different = set(rules.values())
        about["read_rules"] = different.pop() if len(different) == 1 else rules
    if found:
        about["library_size_from"] = [str(r.evidence["library_size_from"]) for r in found.values()]
        lengths = [recovery.fragment_length for recovery in found.values()]
        about["fragment_length"] = float(np.mean(lengths))
        about["recovery"] = {name: recovery.describe() for name, recovery in found.items()}
    return about


def _keep(parts: Parts, key: str, tally: Tally) -> None:
    about = {
        "shares": dict(tally.shares),
        "library_size": tally.library_size,
        "chrom_lengths": dict(tally.chrom_lengths),
        "reached": dict(tally.reached),
        "note": tally.note,
    }
    parts.keep(key, {f"table {name}": v for name, v in tally.values.items()}, about)


def _found(parts: Parts, key: str) -> Tally | None:
    """The tally of an earlier run that stopped."""
    part = parts.find(key)
    if part is None:
        return None
    arrays, about = part
    return Tally(values={n.removeprefix("table "): v for n, v in arrays.items()}, **about)


def _named(
    error: WorkerDiedError, sources: Mapping[str, Source], parts: Parts | None
) -> WorkerDiedError:
    """The error with the files' paths, and what became of the others."""
    remedy = "run with fewer --jobs, so that memory lasts"
    if parts is not None:
        remedy = f"their counts are kept for the next run of this command; {remedy}"
    died = {f"{name} ({sources[name].path})": cause for name, cause in error.died.items()}
    return WorkerDiedError(died, n_others=error.n_others, remedy=remedy)
