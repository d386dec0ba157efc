"""A mark against expression on real data, from tracks to words."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from resist_epi.mechanism.compare_assay import compare_assay
from resist_epi.model.analysis import analyse
from resist_epi.samples.sheet import SampleSheet, make_sheet


@pytest.mark.real
def test_the_rat_study_has_a_relation_of_levels_and_hardly_one_of_changes(
    real_data: Path, tmp_path: Path
) -> None:
    from resist_epi.counting.coverage import count_regions
    from resist_epi.genome.read_genes import read_genes
    from resist_epi.genome.regions import promoters
    from resist_epi.tracks.open import open_track

    rat = real_data / "rat_heart_h3k27me3_bn_shr"
    genes = read_genes(rat / "genes_rn4.tsv.gz")
    kept = promoters(genes)
    kept = kept[kept["chrom"] == "chr12"].reset_index(drop=True)
    paths = sorted((rat / "derived_bigwig").glob("H3K27me3-*.bw"))
    names = [p.name.removesuffix(".cpm.bw") for p in paths]
    tracks = {n: open_track(p) for n, p in zip(names, paths, strict=True)}
    counts = count_regions(tracks, kept)
    table = pd.DataFrame(
        {
            "SampleID": names,
            "Factor": "H3K27me3",
            "Condition": [n.split("-")[1] for n in names],
        }
    )
    own: SampleSheet = make_sheet(table)
    analysis = analyse(counts, own, contrast="SHR-BN")
    found = compare_assay(
        analysis.results,
        rat / "expression_lv_bn_shr.tsv.gz",
        assay="expression",
        mark="H3K27me3",
        analysis=analysis,
    )
    row = found.summary.iloc[0]
    assert -0.55 < row["level_rho"] < -0.3
    assert abs(row["change_rho"]) < 0.3
    assert "level of H3K27me3 and of RNA expression: a moderate relation" in row["words"]
    assert "a weak relation" in row["words"] or "hardly any relation" in row["words"]
