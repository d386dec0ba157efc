"""Chromosomes in a file that are of another genome than the study's: spike-ins and contaminants.

They are told by accession, by a name that bears the species or its assembly (`dm6_chr2L`), by a
name that no other genome has (`2L`), or by length. Which genome the file is of is known by its
assembly; else it is the one of far more bases, and where that is not clear nothing is taken apart.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from resist_epi.genome.builtin import known_genomes, load_genome, read_shipped
from resist_epi.genome.chromosomes import ORGANELLE, Genome, shown, without_prefix
from resist_epi.genome.naming import own_names

# Words in a chromosome's name that say whose it is; of assemblies any version.
_WORDS = {
    "E. coli": r"e[._ ]?coli\w*|eschcoli\w*|escherichia\w*|mg1655|k12|dh10b|bl21",
    "fly": r"dm[3-6]|dmel\w*|bdgp\w*|fly|drosophila\w*",
    "yeast": r"saccer[1-3]|scer\w*|r64\w*|yeast|saccharomyces\w*",
    "mouse": r"mm(?:9|10|39)|grcm3[89]|mouse|mmus\w*|mus_musculus",
    "human": r"hg(?:18|19|38)|grch3[78]|t2t|chm13|human|hsap\w*|homo_sapiens",
    "lambda phage": r"lambda\w*",
    "phiX174": r"phi-?x(?:174)?",
}

_SPECIES_OF = {"hg": "human", "mm": "mouse"}  # how our own assemblies begin

_MITOCHONDRION = {"MT", "MITO", "MTDNA", "MITOCHONDRION", "MITOCHONDRION_GENOME"}

_LONG = 1_000_000  # bp: no other sequence has by chance exactly such a length

_FAR_MORE = 2  # times the bases of the next genome that the study's own has


@dataclass(frozen=True)
class _Known:
    """What is known of the genomes that stand beside others."""

    by_accession: Mapping[str, str]
    by_length: Mapping[int, str]
    lengths_of: Mapping[tuple[str, str], frozenset[int]]  # species, name without chr
    own_names: Mapping[str, str]  # names that one species alone has


@cache
def _known() -> _Known:
    table = read_shipped("exogenous.tsv", {"length": np.int64})
    rows = [
        (str(r["species"]), str(r["chrom"]).upper(), int(r["length"]), str(r["accessions"]))
        for r in table.to_dict("records")
    ]
    ours = {
        without_prefix(c).upper() for name in known_genomes() for c in load_genome(name).lengths
    }
    lengths: dict[tuple[str, str], set[int]] = {}
    for species, name, length, _ in rows:
        lengths.setdefault((species, name), set()).add(length)
    names = {n for _, n in lengths} - ours - {*ORGANELLE, "CHROMOSOME", "U", "I", "V"}
    return _Known(
        {a.split(".")[0]: species for species, _, _, text in rows for a in text.split(",") if a},
        {length: species for species, _, length, _ in rows if length >= _LONG},
        {key: frozenset(found) for key, found in lengths.items()},
        {name: species for species, name in lengths if name in names},
    )


def exogenous_chromosomes(
    lengths: Mapping[str, int | None], host: Genome | None = None
) -> dict[str, str]:
    """Chromosomes of a file that are not of the study's genome -> the species whose they are.

    Parameters
    ----------
    lengths
        Length in bp by chromosome of one file; None where the format does not tell.
    host
        The study's assembly, where it is known: its own chromosomes are never exogenous.

    Examples
    --------
    >>> hg = Genome("hg38", {"chr1": 248956422, "chrX": 156040895})
    >>> exogenous_chromosomes({"chr1": 248956422, "chrX": 156040895, "U00096.3": 4641652}, hg)
    {'U00096.3': 'E. coli'}
    >>> exogenous_chromosomes({"chr2L": 23513712, "chrX": 23542271})
    {}
    """
    own = set() if host is None else _own(lengths, host)
    not_theirs = None if host is None else _SPECIES_OF.get(host.name[:2])
    found = {
        name: species
        for name, length in lengths.items()
        if name not in own
        and (species := _species(name, length)) is not None
        and species != not_theirs
    }
    # A genome that is there has its other chromosomes there, too, whose names say nothing alone.
    for name, length in lengths.items():
        if name in own or name in found:
            continue
        bare = _bare(name)
        for species in dict.fromkeys(found.values()):
            theirs = _known().lengths_of.get((species, bare), frozenset())
            if theirs and (length in theirs or (length is None and host is not None)):
                found[name] = species
                break
    if host is None:
        found = _less_than_half(found, lengths)
    return {name: found[name] for name in lengths if name in found}


def _own(lengths: Mapping[str, int | None], host: Genome) -> set[str]:
    """Names that are the host's own, or that of another style which mean its chromosomes."""
    return {
        *own_names(lengths, host),
        *(
            c
            for c, n in lengths.items()
            if c in host.lengths and (n is None or n == host.lengths[c] or n not in _lengths(c))
        ),
    }


def _lengths(name: str) -> set[int]:
    """Lengths of the chromosomes of this name in any genome that stands beside others."""
    found = (own for (_, n), own in _known().lengths_of.items() if n == _bare(name))
    return set().union(*found)


def _bare(name: str) -> str:
    bare = without_prefix(name).upper()
    return "M" if bare in _MITOCHONDRION else bare


def _species(name: str, length: int | None) -> str | None:
    """Whose chromosome it is, where its own name or length says it."""
    known = _known()
    for part in re.split(r"[|:/ ]", name):
        stem = part.split(".")[0]
        if stem in known.by_accession:
            return known.by_accession[stem]
    for species, words in _WORDS.items():
        if re.search(rf"(?:^|[^a-z0-9]|chr)(?:{words})(?:$|[^a-z0-9])", name.lower()):
            return species
    if length is not None:
        alike = [
            s for (s, n), own in known.lengths_of.items() if n == _bare(name) and length in own
        ]
        return alike[0] if alike else known.by_length.get(length)
    return known.own_names.get(_bare(name))


def _less_than_half(found: dict[str, str], lengths: Mapping[str, int | None]) -> dict[str, str]:
    """Those of genomes that are far smaller than the largest, which is then the study's own."""
    bases: dict[str, int] = {}
    for name, length in lengths.items():
        whose = found.get(name, "")
        bases[whose] = bases.get(whose, 0) + (length or 0)
    if not any(bases.values()):
        # Of a text nothing but names is known: a genome beside it must be there.
        return found if "" in bases else {}
    largest = max(bases, key=lambda whose: bases[whose])
    small = {w for w in bases if w != largest and _FAR_MORE * bases[w] <= bases[largest]}
    if any(w and w != largest and w not in small for w in bases):
        return {}
    return {name: whose for name, whose in found.items() if whose in small}


def in_words(chromosomes: Mapping[str, Collection[str]]) -> str:
    """Species -> names: `E. coli (1 sequence: U00096.3)`; empty where there is none."""
    return ", ".join(
        f"{species} ({len(names)} sequence{'s' if len(names) > 1 else ''}: {shown(names)})"
        for species, names in chromosomes.items()
    )
