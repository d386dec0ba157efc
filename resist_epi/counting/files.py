"""Tracks and files of reads counted in tables of regions, a pass each, by several processes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.arrays import AnyArray, FloatArray
from resist_epi.counting.coverage_tally import checked_tally, tally_coverage
from resist_epi.counting.filling import MatrixFilling
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.passes import Pass
from resist_epi.counting.plan import Adjacent, RegionPlan
from resist_epi.counting.tally import Tally, tally_reads
from resist_epi.errors import QuantityError, WorkerDiedError
from resist_epi.genome.reference import genomes
from resist_epi.io.digest import read_unchanged
from resist_epi.io.parts import Parts
from resist_epi.schema import COUNTS, QUANTITIES
from resist_epi.tracks.engine.region_sums import SEGMENT_GAIN
from resist_epi.tracks.load_loops import load_loops
from resist_epi.tracks.opened import OpenedFile, stated_lengths
from resist_epi.tracks.when_compiled import worth_loading
from resist_epi.workers import run_tasks

logger = logging.getLogger(__name__)

BINS = "bins "  # of a chromosome, before its name: an array of a part


@dataclass(frozen=True)
class CountedTables:
    """Matrices of several tables from one pass over each file.

    Attributes
    ----------
    shares
        Table asked for -> sample -> share of the library in it.
    kept
        Sample -> key of its part, which holds its bins; none where no parts are kept.
    """

    matrices: dict[str, CountMatrix]
    shares: dict[str, dict[str, float]]
    kept: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Kept:
    """What a worker leaves of a file: its tally, the bins of which lie in its part, if any."""

    tally: Tally
    key: str | None


@dataclass(frozen=True)
class _Tallying:
    """The work of one task: read a file, tally it, and keep what was found."""

    plan: RegionPlan
    parts: Parts | None
    digest: str

    def __call__(self, file: OpenedFile) -> _Kept:
        if self.parts is None:
            return _Kept(tally_file(file, self.plan), None)
        with read_unchanged(file.path):
            key = file.key(self.digest)
            found = tally_file(file, self.plan)
        keep_tally(self.parts, key, found)
        return _Kept(replace(found, bins={}), key)


def tally_file(file: OpenedFile, plan: RegionPlan) -> Tally:
    """Read a file once, and tally it in its quantity.

    Raises
    ------
    InputFormatError
        If the file is damaged, or a value is below zero.
    """
    if file.quantity == "reads":
        return tally_reads(file.reads(), plan, rules=file.rules, exogenous=file.exogenous_in)
    track = file.track()
    mean, apart = file.quantity == "mean_signal", file.exogenous_in(track)
    found = tally_coverage(track, plan, mean=mean, exogenous=apart)
    return checked_tally(found, file.path, file.recovery)


def count_tables(
    files: Mapping[str, OpenedFile],
    tables: Mapping[str, pd.DataFrame],
    *,
    within: Mapping[str, pd.DataFrame] | None = None,
    adjacent: Adjacent | None = None,
    library_sizes: FloatArray | None = None,
    how: Pass | None = None,
) -> CountedTables:
    """Count every file in every region of every table; each file is read once.

    Regions on chromosomes that no file has are dropped, and the log says how many.

    Parameters
    ----------
    files
        SampleID -> file, all of one quantity.
    tables
        Name -> region table.
    within
        Name -> region table of which only the share of each library is wanted.
    adjacent
        Bins that are counted in the same pass, and stay in the parts.
    library_sizes
        (n_samples,) positive, NaN where unknown: there, or by default, the file's own.
    how
        What is left out, by how many processes, and who is told.

    Raises
    ------
    GenomeMismatchError
        If chromosomes are absent from some of the files, or of other lengths, or none is shared.
    InputFormatError
        If a file is damaged, or a value is below zero.
    WorkerDiedError
        If worker processes were killed; their files are named, and the others counted and kept.
    """
    how = how or Pass()
    filling, plan = plan_tables(
        files, tables, within=within, adjacent=adjacent, library_sizes=library_sizes, how=how
    )
    lengths = stated_lengths(files)
    shares: dict[str, dict[str, float]] = {name: {} for name in plan.within}
    apart: dict[str, dict[str, float]] = {}

    def add(name: str, tally: Tally) -> None:
        lengths[name] = dict(tally.chrom_lengths)
        filling.add(name, tally)
        for table, share in tally.shares.items():
            shares[table][name] = share
        for species, n in tally.exogenous.items():
            apart.setdefault(species, {})[name] = float(n)

    kept = tally_files(files, plan, how, add)
    filling.keep_shared({n: lengths[n] for n in files}, genome=how.genome, known=genomes())
    ordered = {table: {s: by[s] for s in files} for table, by in shares.items()}
    about = _metadata(files)
    if apart:
        each = {species: {s: by.get(s, 0.0) for s in files} for species, by in apart.items()}
        about["exogenous"] = each
        _say_exogenous(each, filling.quantity)
    return CountedTables(filling.matrices(**about), ordered, kept)


def plan_tables(
    files: Mapping[str, OpenedFile],
    tables: Mapping[str, pd.DataFrame],
    *,
    within: Mapping[str, pd.DataFrame] | None = None,
    adjacent: Adjacent | None = None,
    library_sizes: FloatArray | None = None,
    how: Pass | None = None,
) -> tuple[MatrixFilling, RegionPlan]:
    """What `count_tables` asks of every file, and the matrices that the answers will fill.

    Parameters
    ----------
    files, tables, within, adjacent, library_sizes, how
        As of `count_tables`.

    Raises
    ------
    GenomeMismatchError
        If chromosomes are absent from some of the files, or of other lengths, or none is shared.
    """
    how = how or Pass()
    (quantity,) = {file.quantity for file in files.values()} or {"mean_signal"}
    if quantity not in QUANTITIES:
        raise QuantityError(f"unknown quantity {quantity!r}; expected {', '.join(QUANTITIES)}")
    filling = MatrixFilling(tables, tuple(files), quantity=quantity, library_sizes=library_sizes)
    _warn_of_regions_elsewhere(tables, files)
    lengths = stated_lengths(files)
    if lengths:
        filling.keep_shared(lengths, genome=how.genome, known=genomes())
    return filling, RegionPlan(filling.tables, within or {}, how.exclude, adjacent)


def tally_files(
    files: Mapping[str, OpenedFile],
    plan: RegionPlan,
    how: Pass,
    add: Callable[[str, Tally], None],
) -> dict[str, str]:
    """Tally every file by a plan; what a part holds already is not counted again.

    Parameters
    ----------
    add
        Called with the name and tally of each file, in any order; bins are left in the parts.

    Returns
    -------
    dict of str to str
        Name -> key of the part, where parts are kept.

    Raises
    ------
    InputFormatError
        If a file is damaged, a value is below zero, or a file was changed while it was read.
    WorkerDiedError
        If worker processes were killed; their files are named, and the others counted and kept.
    """
    waiting = dict(files)
    keys: dict[str, str] = {}
    digest = "" if how.parts is None else plan.digest()
    if how.parts is not None:
        for name, file in files.items():
            keys[name] = file.key(digest)
            kept = _found(how.parts, keys[name], plan)
            if kept is not None:
                add(name, kept)
                del waiting[name]
    if len(waiting) < len(files):
        names = ", ".join(name for name in files if name not in waiting)
        logger.info("counted already: %s", names)

    def done(name: str, kept: _Kept) -> None:
        if how.parts is not None and kept.key is not None:
            how.parts.note(kept.key)
            keys[name] = kept.key
        if kept.tally.note:
            logger.info("%s: %s", name, kept.tally.note)
        add(name, kept.tally)
        how.say(f"{name}: counted")

    _load_loops(waiting, plan, how)
    try:
        run_tasks(_Tallying(plan, how.parts, digest), waiting, jobs=how.jobs, done=done)
    except WorkerDiedError as error:
        raise _named(error, files, how.parts) from None
    return keys


def _load_loops(files: Mapping[str, OpenedFile], plan: RegionPlan, how: Pass) -> None:
    """Load here, once, what each worker would load for itself, or what pays from the start."""
    paths = [file.path for file in files.values() if file.quantity != "reads"]
    edges = 2 * sum(map(len, plan.tables.values())) * len(paths)
    bins_by_workers = how.jobs > 1 and plan.adjacent is not None
    if bins_by_workers or worth_loading(edges, gain=SEGMENT_GAIN):
        load_loops(paths)


def _warn_of_regions_elsewhere(
    tables: Mapping[str, pd.DataFrame], files: Mapping[str, OpenedFile]
) -> None:
    whose = {c: s for file in files.values() for s, own in file.exogenous.items() for c in own}
    for table in tables.values() if whose else ():
        on = table["chrom"].map(whose).dropna()
        if len(on):
            logger.warning(
                "%d of %d regions lie on chromosomes of another genome (%s) and take no part:"
                " signal there is counted apart",
                len(on),
                len(table),
                ", ".join(on.unique()),
            )


def _say_exogenous(apart: Mapping[str, Mapping[str, float]], quantity: str) -> None:
    for species, by_sample in apart.items():
        low, high = min(by_sample.values()), max(by_sample.values())
        unit = "reads" if quantity in COUNTS else "coverage x bp"
        logger.info(
            "%s: %s to %s %s a library, counted apart and no part of its size",
            species,
            f"{low:,.0f}",
            f"{high:,.0f}",
            unit,
        )


def _metadata(files: Mapping[str, OpenedFile]) -> dict[str, Any]:
    """What is worth knowing of how the files were counted."""
    rules = {name: s.rules.describe() for name, s in files.items() if s.rules is not None}
    found = {name: s.recovery for name, s in files.items() if s.recovery is not None}
    about: dict[str, Any] = {}
    renamed = [s.renamed() for s in files.values() if s.renamed()]
    if renamed:
        about["renamed"] = f"{len(renamed)} of {len(files)} files are {renamed[0]}"
    if rules:
        different = set(rules.values())
        about["read_rules"] = different.pop() if len(different) == 1 else rules
    if found:
        about["library_size_from"] = [str(r.evidence["library_size_from"]) for r in found.values()]
        lengths = [recovery.fragment_length for recovery in found.values()]
        about["fragment_length"] = float(np.mean(lengths))
        about["recovery"] = {name: recovery.describe() for name, recovery in found.items()}
    return about


def keep_tally(parts: Parts, key: str, tally: Tally) -> None:
    """Keep a tally as a part: its bins in single precision, an array a chromosome.

    Raises
    ------
    InputFormatError
        If the folder cannot be written or the disk is full.
    """
    about = {
        "shares": dict(tally.shares),
        "library_size": tally.library_size,
        "chrom_lengths": dict(tally.chrom_lengths),
        "reached": dict(tally.reached),
        "note": tally.note,
        "exogenous": dict(tally.exogenous),
    }
    arrays: dict[str, AnyArray] = {f"table {name}": v for name, v in tally.values.items()}
    arrays |= {f"{BINS}{chrom}": v.astype(np.float32) for chrom, v in tally.bins.items()}
    parts.keep(key, arrays, about)


def _found(parts: Parts, key: str, plan: RegionPlan) -> Tally | None:
    """The tally that was kept before, without its bins; None where any of it is damaged."""
    part = parts.find(key, later=BINS)
    if part is None:
        return None
    if plan.adjacent is not None and not parts.is_whole(key):
        return None
    arrays, about = part
    return Tally(values={n.removeprefix("table "): v for n, v in arrays.items()}, **about)


def _named(
    error: WorkerDiedError, files: Mapping[str, OpenedFile], parts: Parts | None
) -> WorkerDiedError:
    """The error with the files' paths, and what became of the others."""
    remedy = "run with fewer --jobs, so that memory lasts"
    if parts is not None:
        remedy = f"their counts are kept for the next run of this command; {remedy}"
    died = {f"{name} ({files[name].path})": cause for name, cause in error.died.items()}
    return WorkerDiedError(died, n_others=error.n_others, remedy=remedy)
