"""Classes of peaks, with the CpG class of their genes."""

from __future__ import annotations

import numpy as np

from resist_epi.genes.peak_classes import class_shares, classed_peaks
from resist_epi.genome.reference import load_reference
from resist_epi.genome.regions import bed_regions
from resist_epi.samples.presets import preset


def test_promoters_by_cpg_class_of_built_in_genes() -> None:
    reference = load_reference("hg38", None)
    peaks = bed_regions(
        [("chr2", 74_833_000, 74_835_500), ("chrX", 154_547_000, 154_547_500), ("chr1", 10, 50)]
    )
    table = classed_peaks(peaks, reference, preset("H3K27me3"))
    assert table["symbol"].tolist()[1:] == ["HK2", "G6PD"]
    assert table["cpg"].tolist()[1:] == ["CpG island", "CpG island"]
    assert table["cpg"].iloc[0] == "not known"


def test_shares_are_of_peaks_and_of_bases() -> None:
    reference = load_reference("hg38", None)
    peaks = classed_peaks(
        bed_regions([("chr2", 74_834_000, 74_835_000), ("chr1", 10_000, 13_000)]),
        reference,
        preset("H3K27me3"),
    )
    table = class_shares({("sample", "a"): peaks, ("sample", "b"): peaks.iloc[:0]})
    own = table[table["set"] == "a"]
    assert own["n_peaks"].sum() == 2
    assert own["bases"].sum() == 4000
    island = own[(own["class"] == "promoter") & (own["cpg"] == "CpG island")].iloc[0]
    assert (island["fraction"], island["fraction_bases"]) == (0.5, 0.25)
    assert np.isnan(table.loc[table["set"] == "b", "fraction"]).all()
