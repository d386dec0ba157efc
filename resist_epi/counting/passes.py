"""How a pass over the files of a study is carried out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from resist_epi.arrays import ByChromosome
from resist_epi.genome.chromosomes import Genome
from resist_epi.io.parts import Parts


@dataclass(frozen=True)
class Pass:
    """How a pass over the files of a study is carried out; what is found does not depend on `jobs`.

    Attributes
    ----------
    exclude
        Chromosome -> sorted, disjoint starts and ends whose bases (or the reads that touch them)
        count nowhere.
    genome
        Assembly of the regions, compared with the files'.
    parts
        Where what each file gave is kept until all are there: what is found here is not counted
        again. The caller removes it.
    progress
        Called with a line whenever a file (or a chromosome) is done.
    """

    exclude: ByChromosome = field(default_factory=dict)
    genome: Genome | None = None
    jobs: int = 1
    parts: Parts | None = None
    progress: Callable[[str], None] | None = None

    def say(self, line: str) -> None:
        """Report progress, if anyone listens."""
        if self.progress is not None:
            self.progress(line)
