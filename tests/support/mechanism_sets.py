"""Gene sets of the tests on mechanisms."""

from __future__ import annotations

from resist_epi.genes.gene_sets import GeneSet

N = 1200
SETS = {
    "UP": GeneSet("UP", "test", tuple(f"S{i}" for i in range(20))),
    "QUIET": GeneSet("QUIET", "test", tuple(f"S{i}" for i in range(100, 130))),
    "FOUR": GeneSet("FOUR", "test", ("S200", "S201", "S202", "S203")),
    "RIBOSOME": GeneSet("RIBOSOME", "test", tuple(f"S{i}" for i in range(300, 330))),
}
KINDS = {"RIBOSOME": "control"}
