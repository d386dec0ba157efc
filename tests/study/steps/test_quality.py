"""Reads of another genome stand in the table of the libraries, used or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resist_epi.study.steps.quality import exogenous_reads
from tests.support.builders import matrix, sheet


def test_reads_of_another_genome_are_those_of_the_sheet_else_those_counted_apart() -> None:
    counts = matrix([[0, 2], [4, 4]], library_sizes=[10, 20])
    groups = ["good", "poor"]
    reads, source = exogenous_reads(counts, sheet(groups, SpikeInReads=[900, 1100]))
    assert reads.tolist() == [900, 1100]
    assert source == "the sheet's SpikeInReads"
    none, nowhere = exogenous_reads(counts, sheet(groups))
    assert np.isnan(none).all()
    assert nowhere == ""
    apart = {"exogenous": {"yeast": {"s0": 500.0, "s1": 70.0}}}
    counts = replace(counts, metadata=dict(counts.metadata) | apart)
    reads, source = exogenous_reads(counts, sheet(groups))
    assert reads.tolist() == [500, 70]
    assert source.startswith("reads of yeast in the same files")
