"""BAM to bigWig by deepTools' bamCoverage, run as a program of its own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from resist_epi.errors import InputFormatError, ResistEpiError, shortened
from resist_epi.io.store import atomic_path
from resist_epi.tracks.reads.open import is_bam
from resist_epi.tracks.reads.reads import DUPLICATE, FAILED, SECONDARY, SUPPLEMENTARY, ReadRules

NORMALISATIONS = ("None", "CPM", "RPKM", "BPM", "RPGC")

_RUN = "import sys; from deeptools.bamCoverage import main; sys.exit(main())"


@dataclass(frozen=True)
class CoverageSettings:
    """What bamCoverage is asked besides which reads count.

    Attributes
    ----------
    bin_size
        bp a bin.
    normalisation
        One of `NORMALISATIONS`, as `--normalizeUsing` has them.
    genome_size
        Mappable bases, which RPGC needs.
    exclude
        BED of what has no signal.

    Raises
    ------
    InputFormatError
        If the normalisation is unknown, or RPGC has no genome size.
    """

    bin_size: int = 50
    normalisation: str = "CPM"
    genome_size: int | None = None
    exclude: Path | None = None

    def __post_init__(self) -> None:
        if self.normalisation not in NORMALISATIONS:
            raise InputFormatError(
                f"unknown normalisation {self.normalisation!r}", expected=", ".join(NORMALISATIONS)
            )
        if (self.normalisation == "RPGC") != (self.genome_size is not None):
            raise InputFormatError(
                "RPGC, and no other normalisation, needs the mappable size of the genome",
                remedy="give --normalize RPGC --effective-genome-size BASES, or CPM",
            )


@cache
def deeptools_version() -> str:
    """Version of the deepTools that is installed."""
    from importlib.metadata import version

    return version("deeptools")


def has_index(bam: str | Path) -> bool:
    """Whether a BAM has an index beside it."""
    path = Path(bam)
    return any(p.is_file() for p in (Path(f"{path}.bai"), path.with_suffix(".bai")))


def arguments(rules: ReadRules, settings: CoverageSettings) -> list[str]:
    """Arguments of bamCoverage but for input, output and processes.

    Reads that count nowhere in this package have no signal either: secondary, supplementary and
    failed ones, marked duplicates where the rules leave them out, and low mapping qualities.

    Raises
    ------
    InputFormatError
        If the rules count single bases, which bamCoverage does not.

    Examples
    --------
    >>> " ".join(arguments(ReadRules(), CoverageSettings()))
    '--binSize 50 --normalizeUsing CPM --samFlagExclude 2816'
    """
    if rules.count_as not in {"read", "fragment"}:
        raise InputFormatError(
            f"bamCoverage makes tracks of reads or fragments, and not of {rules.count_as}",
            remedy="leave out --count-as, or give read or fragment",
        )
    flags = SECONDARY | FAILED | SUPPLEMENTARY | (0 if rules.duplicates else DUPLICATE)
    found = ["--binSize", str(settings.bin_size), "--normalizeUsing", settings.normalisation]
    if settings.genome_size is not None:
        found += ["--effectiveGenomeSize", str(settings.genome_size)]
    found += ["--samFlagExclude", str(flags)]
    if rules.min_quality:
        found += ["--minMappingQuality", str(rules.min_quality)]
    if rules.count_as == "fragment":
        found += [
            "--extendReads",
            *([] if rules.fragment_length is None else [str(rules.fragment_length)]),
        ]
    if settings.exclude is not None:
        found += ["--blackListFileName", str(settings.exclude)]
    return found


def command_line(bam: str | Path, out: str | Path, options: Sequence[str]) -> str:
    """The command as a person would type it."""
    return shlex.join(["bamCoverage", "--bam", str(bam), "--outFileName", str(out), *options])


def make_bigwig(bam: str | Path, out: Path, options: Sequence[str], *, jobs: int = 1) -> None:
    """Run bamCoverage; the bigWig takes its name when it is complete.

    A BAM without an index gets one in a temporary folder; nothing is written beside it.

    Parameters
    ----------
    options
        As of `arguments`.
    jobs
        Processes of bamCoverage.

    Raises
    ------
    InputFormatError
        If the file is no BAM, or not sorted by place.
    ResistEpiError
        If bamCoverage fails, with the last of what it said.
    """
    if not is_bam(str(bam)):
        raise InputFormatError(
            "bamCoverage reads BAM files alone",
            path=bam,
            remedy="give a BAM; bedtools bedtobam makes one of reads as BED",
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, atomic_path(out) as part:
        own = Path(bam) if has_index(bam) else _indexed(Path(bam), Path(folder))
        given = ["--bam", str(own), "--outFileName", str(part), "--outFileFormat", "bigwig"]
        done = subprocess.run(
            [sys.executable, "-c", _RUN, *given, *options, "--numberOfProcessors", str(jobs)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "MPLBACKEND": "agg"},
        )
        if done.returncode or not part.is_file() or not part.stat().st_size:
            said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
            raise ResistEpiError(
                f"bamCoverage failed on {bam}: {shortened(said[-1] if said else 'no word of why')}"
            )


def _indexed(bam: Path, folder: Path) -> Path:
    """A link to the BAM with an index beside it, both in a folder of ours."""
    import pysam
    from pysam.utils import SamtoolsError

    link = folder / "reads.bam"
    link.symlink_to(bam.resolve())
    try:
        pysam.index("-o", f"{link}.bai", str(bam))
    except SamtoolsError as error:
        raise InputFormatError(
            "cannot be indexed, which bamCoverage needs",
            path=bam,
            expected="reads sorted by place",
            remedy="sort it: samtools sort -o sorted.bam FILE",
        ) from error
    return link
