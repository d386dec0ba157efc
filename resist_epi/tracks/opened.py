"""A file of a study: opened once, and what was found then, handed on to whatever asks later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from resist_epi.genome.builtin import load_genome
from resist_epi.genome.chromosomes import Genome, HasLengths, recognise_assembly
from resist_epi.genome.exogenous import exogenous_chromosomes, in_words
from resist_epi.genome.naming import own_names, renaming_in_words
from resist_epi.genome.reference import genomes
from resist_epi.io.digest import checksum, step_key
from resist_epi.io.remote.address import is_remote
from resist_epi.io.remote.either import remote_place
from resist_epi.io.store import unreadable
from resist_epi.tracks.engine.renamed_track import RenamedTrack
from resist_epi.tracks.engine.track import NEGATIVE, NEGATIVE_REMEDY, CoverageTrack
from resist_epi.tracks.open import is_bigwig, open_track
from resist_epi.tracks.reads.open import is_bam, open_reads
from resist_epi.tracks.reads.pileup import ReadsTrack
from resist_epi.tracks.reads.reads import ReadRules, ReadsFile
from resist_epi.tracks.reads.renamed_reads import RenamedReads
from resist_epi.tracks.recovery.recovered_track import RecoveredTrack
from resist_epi.tracks.recovery.recovery import Recovery

FileKind = Literal["bigWig", "bedGraph", "BAM", "BED reads"]


@dataclass(frozen=True)
class OpenedFile:
    """A track or a file of reads: what it is, what was seen of it, and how it is counted.

    It holds no open file, so it costs little and goes to any process. Opening it, or one of text
    that must be read for what is asked, raises InputFormatError where it cannot be read.

    Attributes
    ----------
    kind
        Told by its content.
    chrom_lengths
        Length of every chromosome, bp, by the names that it goes by. Of text, which states none,
        where its data end; empty until it was read.
    lengths_known
        Whether these are the true lengths.
    assembly
        Told by the lengths; None where that cannot be.
    total
        Value x bp over all of a track; None until it was looked at.
    lowest
        A value below zero, where it has any; 0 where none was seen.
    recovery
        What a track says about the reads behind it, once it was looked at.
    quantity
        What is counted of it, as of `CountMatrix`.
    rules
        Which reads count, and where, for `reads`.
    naming
        Assembly by whose names its chromosomes go, where those of the file may differ.
    names
        Name in the file -> that of the assembly, where they differ and are known.
    exogenous
        Species -> length of each of its chromosomes, bp, that are not of the study's genome: a
        spike-in, or what an enzyme brought along. `chrom_lengths` is without them, so no region
        lies there and no library's size holds them. Of text, which states no chromosomes, empty.
    """

    path: str
    kind: FileKind
    chrom_lengths: Mapping[str, int] = field(default_factory=dict)
    lengths_known: bool = False
    assembly: str | None = None
    total: float | None = None
    lowest: float = 0.0
    recovery: Recovery | None = None
    quantity: str = "mean_signal"
    rules: ReadRules | None = None
    naming: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    exogenous: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def named_as(self, genome: Genome | None) -> OpenedFile:
        """The file, its chromosomes named as in an assembly, unless it tells another itself."""
        if genome is None or self.naming == genome.name:
            return self
        if self.assembly is not None and self.assembly != genome.name:
            return self
        parted = self._parted(self._whole(), genome)
        names = own_names(self._lengths(parted.chrom_lengths, self.lengths_known), genome)
        if parted.chrom_lengths and not names:
            return parted
        lengths = {names.get(c, c): n for c, n in parted.chrom_lengths.items()}
        return replace(parted, chrom_lengths=lengths, naming=genome.name, names=names)

    def _whole(self) -> dict[str, int]:
        """Length of every chromosome, the exogenous ones included."""
        return {
            **self.chrom_lengths,
            **{c: n for o in self.exogenous.values() for c, n in o.items()},
        }

    def _parted(self, lengths: Mapping[str, int], host: Genome | None) -> OpenedFile:
        """The file with these chromosomes, the exogenous ones apart; of text they are not known."""
        if not self.lengths_known:
            return self
        foreign = exogenous_chromosomes(dict(lengths), host)
        apart: dict[str, dict[str, int]] = {}
        for chrom, species in foreign.items():
            apart.setdefault(species, {})[chrom] = lengths[chrom]
        own = {c: n for c, n in lengths.items() if c not in foreign}
        return replace(self, chrom_lengths=own, exogenous=apart)

    @staticmethod
    def _lengths(lengths: Mapping[str, int], known: bool) -> dict[str, int | None]:
        return {c: n if known else None for c, n in lengths.items()}

    def counted_as(self, quantity: str, rules: ReadRules | None = None) -> OpenedFile:
        """The file, to be counted in this quantity."""
        recovery = self.recovery if quantity == "recovered_reads" else None
        return replace(self, quantity=quantity, rules=rules, recovery=recovery)

    def track(self, opened: CoverageTrack | None = None) -> CoverageTrack:
        """The track to be read: fragments where these are counted, of reads their depth.

        Parameters
        ----------
        opened
            The track, where it is open already.
        """
        if self.kind in ("BAM", "BED reads"):
            return ReadsTrack(self.reads(), self.rules or ReadRules())
        track = open_track(self.path) if opened is None else opened
        names = self._names_in(track)
        track = RenamedTrack(track, names) if names else track
        if self.quantity != "recovered_reads" or self.recovery is None:
            return track
        return RecoveredTrack(track, self.recovery)

    def reads(self) -> ReadsFile:
        """Open the reads to be counted."""
        file = open_reads(self.path)
        names = self._names_in(file)
        return RenamedReads(file, names) if names else file

    def _names_in(self, file: HasLengths) -> dict[str, str]:
        """Name in the opened file -> that of the assembly, where they differ."""
        if self.naming is None:
            return {}
        lengths = self._lengths(file.chrom_lengths, file.lengths_known)
        foreign = exogenous_chromosomes(lengths, load_genome(self.naming))
        own = {c: n for c, n in lengths.items() if c not in foreign}
        names = own_names(own, load_genome(self.naming))
        taken = set(names.values())
        # `chrX` of yeast beside a human `X`, which goes by that name from now on.
        return names | {c: f"{s} {c}" for c, s in foreign.items() if c in taken}

    def exogenous_in(self, file: HasLengths) -> dict[str, str]:
        """`exogenous` of the opened file, by the names that its chromosomes go by.

        Of text it must have been read to its end.
        """
        host = self.naming or self.assembly  # of a file of the assembly's own names, `assembly`
        lengths = self._lengths(file.chrom_lengths, file.lengths_known)
        return exogenous_chromosomes(lengths, None if host is None else load_genome(host))

    def renamed(self) -> str:
        """Say how the chromosomes were renamed; empty where they were not, or it is not known."""
        return "" if self.naming is None else renaming_in_words(self.names, self.naming)

    def described(self) -> dict[str, Any]:
        """How it is counted, as plain values."""
        return {
            "quantity": self.quantity,
            "recovery": None if self.recovery is None else asdict(self.recovery),
            "rules": None if self.rules is None else asdict(self.rules),
            "naming": self.naming,
        }

    def exogenous_in_words(self) -> str:
        """Say which chromosomes are of another genome; empty where there are none."""
        if not self.exogenous:
            return ""
        return f"of another genome, counted apart: {in_words(self.exogenous)}"

    def key(self, plan_digest: str) -> str:
        """Digest of everything that counting it by a plan depends on."""
        return step_key(file=checksum(self.path), plan=plan_digest, **self.described())

    def describe(self) -> str:
        """Say what a track is, and what can therefore be tested, for `check`."""
        recovery = self.recovery or Recovery("it was not looked at")
        total = "unknown" if self.total is None else f"{self.total:.6g}"
        tested = (
            "as signal with trend"
            if recovery.refused is not None
            else "as recovered reads, with ql or voom where regions are wide and trend where not"
        )
        renamed = f" ({self.renamed()})" if self.renamed() else ""
        what = (
            f"{self.kind} of {len(self.chrom_lengths)} chromosomes, assembly"
            f" {self.assembly or 'not recognised'}{renamed}, total coverage {total} (value x bp)"
        )
        if self.lowest < 0:
            return f"{what}; it cannot be tested: it holds {NEGATIVE}; {NEGATIVE_REMEDY}"
        if self.exogenous:
            what += f"; {self.exogenous_in_words()}"
        return f"{what}; {recovery.describe()}; can be tested {tested}"


def open_file(
    path: str, quantity: str = "mean_signal", *, rules: ReadRules | None = None
) -> OpenedFile:
    """Open a file to be counted, and read its header; text is not read for it."""
    kind: FileKind
    file: CoverageTrack | ReadsFile
    if quantity == "reads":
        if not is_bam(path):
            return OpenedFile(path, "BED reads", quantity=quantity, rules=rules)
        kind, file = "BAM", open_reads(path)
    else:
        if not is_bigwig(path):
            return OpenedFile(path, "bedGraph", quantity=quantity)
        kind, file = "bigWig", open_track(path)
    return opened_as(file, OpenedFile(path, kind, quantity=quantity, rules=rules))


def opened_as(file: HasLengths, about: OpenedFile) -> OpenedFile:
    """What is known of a file, with the chromosomes that it states, named as in their assembly."""
    lengths, known = dict(file.chrom_lengths), file.lengths_known
    assembly = recognise_assembly(lengths, genomes()) if known else None
    own = None if assembly is None else load_genome(assembly)
    found = replace(about, chrom_lengths=lengths, lengths_known=known, assembly=assembly)
    return found._parted(lengths, own).named_as(own)


def file_state(path: str | Path) -> list[Any]:
    """What changes with a file: its place, size and time; of one elsewhere, its ETag and size.

    Raises
    ------
    InputFormatError
        If it is not there.
    """
    if is_remote(path):
        return remote_place(str(path))
    try:
        state = Path(path).stat()
    except OSError as error:
        raise unreadable(Path(path), error) from error
    return [str(Path(path).resolve()), state.st_size, state.st_mtime_ns]


def stated_lengths(files: Mapping[str, OpenedFile]) -> dict[str, dict[str, int | None]]:
    """Name -> length of every chromosome, bp, of the files whose chromosomes are known.

    None where a text says no more than its data.
    """
    return {
        name: {c: n if file.lengths_known else None for c, n in file.chrom_lengths.items()}
        for name, file in files.items()
        if file.chrom_lengths
    }


def chromosome_ends(files: Iterable[OpenedFile]) -> dict[str, int]:
    """Length of every chromosome of any of the files, bp; where data end if none states it."""
    ends: dict[str, int] = {}
    for file in files:
        opened: HasLengths = file
        if not file.chrom_lengths:
            opened = file.reads() if file.quantity == "reads" else file.track()
        foreign = {} if file.lengths_known else file.exogenous_in(opened)
        for chrom, length in opened.chrom_lengths.items():
            if chrom not in foreign:
                ends[chrom] = max(length, ends.get(chrom, 0))
    return ends
