"""One name a chromosome: names of another style, and what they are in an assembly's own."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from resist_epi.errors import GenomeMismatchError
from resist_epi.genome.accessions import accessions
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.chromosomes import (
    ORGANELLE,
    Genome,
    natural_chrom_key,
    shown,
    without_prefix,
)

logger = logging.getLogger(__name__)

_OLD_MITOCHONDRION = 16571  # bp: chrM of hg18 and hg19 is not the sequence that others call MT


def own_names(lengths: Mapping[str, int | None], genome: Genome) -> dict[str, str]:
    """Names that mean a chromosome of the assembly -> the assembly's own, where these differ.

    `1` and `chr1`, `MT` and `chrM`, accessions of RefSeq and GenBank. Two names that stand side by
    side are never made one: where the file has the assembly's own name, the other is something
    else (`X` of a spike-in beside `chrX`), and so is each name without an own one beside names
    that are the assembly's, and each whose length is not the chromosome's where others' are.

    Parameters
    ----------
    lengths
        Length in bp by chromosome of one file; None where the format does not tell.

    Examples
    --------
    >>> own_names({"1": None, "MT": None, "KI270706.1": None}, Genome("g", {"chr1": 9, "chrM": 5}))
    {'1': 'chr1', 'MT': 'chrM'}
    >>> own_names({"chr1": None, "X": None}, Genome("g", {"chr1": 9, "chrX": 8}))
    {}
    """
    accession = accessions(genome.name)
    by_stem = {without_prefix(c).upper(): c for c in genome.lengths}
    has_own = any(c in genome.lengths and not _is_organelle(c) for c in lengths)
    claims: dict[str, list[str]] = {}
    for name in lengths:
        own = accession.get(name) or _of_stem(name, by_stem, genome)
        if own is None or own in lengths or name in genome.lengths:
            continue
        if has_own and name not in accession and not _is_organelle(name):
            continue
        claims.setdefault(own, []).append(name)
    found = {}
    for own, names in claims.items():
        fitting = [n for n in names if lengths[n] == genome.lengths[own]]
        chosen = names if len(names) == 1 else fitting
        if len(chosen) == 1:
            found[chosen[0]] = own
    fits = {name: lengths[name] in (None, genome.lengths[own]) for name, own in found.items()}
    # Where none fits, the lengths are another assembly's, which whoever compares them will say.
    if any(fits[name] and lengths[name] is not None for name in found):
        found = {name: own for name, own in found.items() if fits[name]}
    return found


def _is_organelle(name: str) -> bool:
    return without_prefix(name).upper() in ORGANELLE


def _of_stem(name: str, by_stem: Mapping[str, str], genome: Genome) -> str | None:
    bare = without_prefix(name).upper()
    if bare in by_stem:
        return by_stem[bare]
    own = next((by_stem[s] for s in ORGANELLE if s in by_stem), None)
    if not _is_organelle(name) or own is None or genome.lengths[own] == _OLD_MITOCHONDRION:
        return None
    return own


def renaming_in_words(names: Mapping[str, str], like: str) -> str:
    """`named as in hg38: 1 is chr1`; empty where nothing was renamed."""
    if not names:
        return ""
    first = next(iter(names))
    return f"named as in {like}: {first} is {names[first]}"


def stem(chrom: str) -> str:
    """The name without `chr`, in capitals; 23 and 24 are X and Y."""
    bare = without_prefix(chrom).upper()
    return {"23": "X", "24": "Y"}.get(bare, bare)


def names_by_stem(chroms: Iterable[str]) -> dict[str, str]:
    """Stem -> the one chromosome of it; those that stand side by side (X beside chrX) are none."""
    found: dict[str, list[str]] = {}
    for chrom in chroms:
        found.setdefault(stem(chrom), []).append(chrom)
    return {s: names[0] for s, names in found.items() if len(names) == 1}


@dataclass(frozen=True)
class Naming:
    """How the chromosomes of a study are named, to which the tables that it reads are brought.

    Attributes
    ----------
    genome
        The assembly, recognised or stated; None where it is unknown, and no name is changed.
    chroms
        Chromosomes of the tracks, or of the counts; empty where they are not known.
    source
        What has them, in words.
    whole
        Whether a chromosome that it lacks is worth a warning: counts may be of a few alone.
    notes
        What was said of each table so far: how many of its rows take part.
    """

    genome: Genome | None = None
    chroms: frozenset[str] = frozenset()
    source: str = "the tracks"
    whole: bool = True
    notes: list[str] = field(default_factory=list, compare=False)

    def translation(self, names: Iterable[str], *, loose: bool = False) -> dict[str, str]:
        """Name in a file -> its name here, where they differ.

        A file all of whose names the tracks have is left as it is.

        Parameters
        ----------
        loose
            Whether names that differ in `chr` alone, and 23 and 24 for X and Y, are told without
            an assembly, as files of copy number need it.
        """
        found = dict.fromkeys(map(str, names))
        if found.keys() <= self.chroms:
            return {}
        by_stem = names_by_stem(self.chroms) if loose else {}
        names = {n: by_stem.get(stem(n), n) for n in found if n not in self.chroms}
        return {n: new for n, new in names.items() if new != n} | self._by_assembly(found)

    def _by_assembly(self, found: Mapping[str, None]) -> dict[str, str]:
        if self.genome is None:
            return {}
        ours = own_names(dict.fromkeys(self.chroms), self.genome)
        here = {own: name for name, own in ours.items()}
        own = {name: name for name in found} | own_names(found, self.genome)
        return {n: here.get(o, o) for n, o in own.items() if here.get(o, o) != n}

    def place(
        self,
        table: pd.DataFrame,
        what: str,
        *,
        rows: str = "intervals",
        needed: bool = True,
        loose: bool = False,
    ) -> pd.DataFrame:
        """A table with its chromosomes named as they are here; how many rows take part is said.

        Parameters
        ----------
        table
            With a column `chrom`.
        what
            Its file, in words.
        rows
            What its rows are, in words.
        needed
            Whether it is an error where no row lies on a chromosome that is known here, and a
            warning where some do not.
        loose
            As of `translation`.

        Raises
        ------
        GenomeMismatchError
            If no row lies on a chromosome of the tracks, or of the assembly.
        """
        tables = {what: table}
        return self.place_all(tables, what, rows=rows, needed=needed, loose=loose)[what]

    def place_all(
        self,
        tables: Mapping[str, pd.DataFrame],
        what: str,
        *,
        rows: str = "intervals",
        needed: bool = True,
        loose: bool = False,
    ) -> dict[str, pd.DataFrame]:
        """`place` of several tables of one kind, of which one line is said.

        Parameters
        ----------
        tables
            Name of each, for errors -> table.
        what
            All of them, in words.

        Raises
        ------
        GenomeMismatchError
            If a table has no row on a chromosome of the tracks, or of the assembly.
        """
        placed, said = self.placed(tables, what, rows=rows, needed=needed, loose=loose)
        for level, text in said:
            logger.log(level, "%s", text)
            if needed or len(said) > 1 or placed[what] is not tables[what]:
                self.notes.append(text)
        return placed

    def placed(
        self,
        tables: Mapping[str, pd.DataFrame],
        what: str,
        *,
        rows: str = "intervals",
        needed: bool = True,
        loose: bool = False,
    ) -> tuple[dict[str, pd.DataFrame], list[tuple[int, str]]]:
        """As `place_all`, with what is to be said instead of saying it: level of logging, text."""
        placed, renamed, n_rows = {}, dict[str, str](), Counter[str]()
        for name, table in tables.items():
            names = self.translation(table["chrom"].unique(), loose=loose)
            renamed |= names
            chroms = table["chrom"].astype(str)
            if names:
                chroms = chroms.map(lambda c, names=names: names.get(c, c))
                table = table.assign(chrom=chroms.to_numpy(object))  # noqa: PLW2901
            found = Counter(chroms)
            if needed and found and self._known and not found.keys() & self._known:
                raise GenomeMismatchError(self._none_shared(name, rows, found))
            n_rows += found
            placed[name] = table
        if not n_rows or not self._known:
            return placed, []
        here, n = self.chroms or self._known, n_rows.total()
        where = self.source if self.chroms or self.genome is None else self.genome.name
        text = f"{what}: {sum(n_rows[c] for c in here)} of {n} {rows} lie on chromosomes of {where}"
        words = renaming_in_words(renamed, self.source if self.genome is None else self.genome.name)
        said = [(logging.INFO, f"{text}, {words}" if words else text)]
        lost = sorted(n_rows.keys() - self._known, key=natural_chrom_key)
        if lost:
            said.append(
                (
                    logging.WARNING if needed and self.whole else logging.INFO,
                    f"{what}: {sum(n_rows[c] for c in lost)} of {n} {rows} lie on {shown(lost)},"
                    f" which {self.source} do not have, and take no part",
                )
            )
        return placed, said

    @property
    def _known(self) -> set[str]:
        assembly = set() if self.genome is None else set(self.genome.lengths)
        return assembly | self.chroms

    def _none_shared(self, what: str, rows: str, found: Counter[str]) -> str:
        theirs, ours = (
            shown(sorted(c, key=natural_chrom_key)) for c in (found, self.chroms or self._known)
        )
        text = (
            f"{what}: 0 of {found.total()} {rows} lie on a chromosome of {self.source}"
            f" ({rows} on {theirs}; {self.source} have {ours})"
        )
        if self.genome is not None:
            return f"{text}; use a file of {self.genome.name}"
        return (
            f"{text}; rename its chromosomes, or state the assembly (--genome, or the column"
            " Assembly), whose names are then taken"
        )

    def facts(self) -> dict[str, list[str]]:
        """What was said of each table, for the metadata of counts; empty where there was none."""
        return {"places": list(self.notes)} if self.notes else {}

    def annotation(self, annotation: Annotation) -> Annotation:
        """Genes with their chromosomes named as they are here."""
        names = self.translation(annotation.genes["chrom"].unique())
        if annotation.assembly is not None and not names:
            return annotation  # built in: there is nothing to say of it
        genes = self.place(annotation.genes, annotation.source, rows="genes", needed=False)
        return replace(annotation, genes=genes)
