"""Promoters with a mark in peak files, and the sets that hold more or fewer of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.genes.builtin import load_gene_sets
from resist_epi.genome.builtin import load_genes
from resist_epi.io.tables import read_table
from tests.support.scripts import run_here

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "promoter_marks.py"
pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="no scripts beside the tests")


def run(*arguments: object, code: int = 0) -> str:
    done = run_here(SCRIPT, *arguments)
    assert done.returncode == code, done.stderr
    return done.stdout if not code else done.stderr


def test_promoters_marked_in_every_file_and_sets_of_them(tmp_path: Path) -> None:
    # 400 genes 50 kb apart; both files have peaks at every tenth, and at those of one set.
    n, planted = 400, set(range(0, 24))
    marked = {i for i in range(n) if i % 10 == 0} | planted
    rows = ["chrom\tstart\tend\tgene_id\tgene_name\tstrand\tbiotype"]
    rows += [
        f"chr1\t{50000 * (i + 1)}\t{50000 * (i + 1) + 9000}\tg{i}\tS{i}\t+\tprotein_coding"
        for i in range(n)
    ]
    (tmp_path / "genes.tsv").write_text("\n".join(rows) + "\n")
    both = [f"chr1\t{50000 * (i + 1) - 300}\t{50000 * (i + 1) + 100}" for i in sorted(marked)]
    only_first = [f"chr1\t{50000 * 101}\t{50000 * 101 + 50}"]  # gene 100 is marked; 101st is not
    away = [f"chr1\t{50000 * (i + 1) + 2600}\t{50000 * (i + 1) + 2700}" for i in range(201, 209)]
    (tmp_path / "a.bed").write_text(
        "\n".join([*both, *away, f"chr1\t{50000 * 103}\t{50000 * 103 + 50}"])
    )
    (tmp_path / "b.bed").write_text("\n".join([*both, *away, *only_first]))
    sets = {
        "MARKED": range(0, 24),
        "QUIET": range(300, 324),
        "NONE": [i for i in range(30, 90) if i % 10],
    }
    (tmp_path / "s.gmt").write_text(
        "".join("\t".join([k, "test", *(f"S{i}" for i in v)]) + "\n" for k, v in sets.items())
    )
    out, promoters = tmp_path / "o.tsv", tmp_path / "p.tsv"
    files = [tmp_path / "a.bed", tmp_path / "b.bed"]
    options = ["--genes", tmp_path / "genes.tsv", "--gene-sets", tmp_path / "s.gmt"]
    said = run(*files, *options, "-o", out, "--promoters", promoters)
    assert f"{len(marked)} of {n} carry the mark" in said
    of_gene = read_table(promoters).set_index("symbol")
    assert set(of_gene.index[of_gene["marked"]]) == {f"S{i}" for i in marked}
    assert of_gene.loc["S102", "n_files"] == 1
    assert of_gene.loc["S205", "n_files"] == 0, "beyond the reach"
    found = read_table(out).set_index("set")
    assert found.loc["MARKED", ["n_marked", "share"]].tolist() == [24, 1]
    assert found.loc["MARKED", "direction"] == "more"
    assert found.loc["QUIET", "direction"] == "none"
    assert found.loc["NONE", ["direction", "share"]].tolist() == ["fewer", 0]


def test_genes_without_a_biotype_are_an_error_that_says_so(tmp_path: Path) -> None:
    genes, peaks = tmp_path / "genes.tsv", tmp_path / "p.bed"
    genes.write_text("chrom\tstart\tend\tgene_id\tgene_name\tstrand\nchr1\t9\t99\tg\tS\t+\n")
    peaks.write_text("chr1\t9\t30\n")
    said = run(peaks, "--genes", genes, "-o", "x", code=1)
    assert "genes.tsv" in said
    assert "no gene is protein_coding" in said


def test_a_wrong_peak_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.bed").write_text("chr1\t9\t3\n")
    assert "bad.bed, line 1" in run(tmp_path / "bad.bed", "--genome", "hg38", "-o", "x", code=1)


@pytest.mark.real
def test_what_the_page_on_stem_cells_says(real_data: Path, tmp_path: Path) -> None:
    peaks = sorted((real_data / "peak_files").glob("H[19]_H3K27me3_*.bed.gz"))
    assert len(peaks) == 4
    found = {}
    for name in ("hallmark", "reactome"):
        gmt = real_data / "gene_sets" / f"msigdb_v2023.1_{name}_symbols.gmt.gz"
        out, promoters = tmp_path / f"{name}.tsv", tmp_path / "p.tsv.gz"
        options = ["--genome", "hg38", "--gene-sets", gmt, "--promoters", promoters]
        said = run(*peaks, *options, "-o", out)
        assert "2958 of 19282 carry the mark" in said
        assert "False: 0.043, True: 0.201" in said
        found[name] = read_table(out).set_index("set")
    own = read_table(tmp_path / "p.tsv.gz")
    coding = load_genes("hg38").genes.query("biotype == 'protein_coding'")
    assert len(own) == len(coding)
    assert set(own.loc[own["marked"], "symbol"]) == set(load_gene_sets()["POLYCOMB_TARGETS"].genes)
    ways = {name: table["direction"].value_counts() for name, table in found.items()}
    assert ways["hallmark"][["more", "fewer"]].tolist() == [13, 12]
    assert ways["reactome"][["more", "fewer"]].tolist() == [120, 230]
    hallmark, reactome = (t.set_axis(t.index.str.split("_", n=1).str[1]) for t in found.values())
    more = {
        "EPITHELIAL_MESENCHYMAL_TRANSITION": 0.33, "PANCREAS_BETA_CELLS": 0.45,
        "HEDGEHOG_SIGNALING": 0.472, "TNFA_SIGNALING_VIA_NFKB": 0.305,
        "ESTROGEN_RESPONSE_EARLY": 0.285,
    }  # fmt: skip
    fewer = {
        "E2F_TARGETS": 0.03, "MYC_TARGETS_V1": 0.02, "OXIDATIVE_PHOSPHORYLATION": 0.025,
        "MTORC1_SIGNALING": 0.07, "DNA_REPAIR": 0.053,
    }  # fmt: skip
    _hold(hallmark, more, fewer)
    more = {
        "GPCR_LIGAND_BINDING": 0.353, "NEURONAL_SYSTEM": 0.39, "POTASSIUM_CHANNELS": 0.544,
        "WNT_LIGAND_BIOGENESIS_AND_TRAFFICKING": 0.731, "FORMATION_OF_LATERAL_PLATE_MESODERM": 1,
        "REGULATION_OF_GENE_EXPRESSION_IN_EARLY_PANCREATIC_PRECURSOR_CELLS": 0.875,
        "DEVELOPMENTAL_BIOLOGY": 0.204,
    }  # fmt: skip
    fewer = {
        "METABOLISM_OF_RNA": 0.021, "CELL_CYCLE": 0.043, "TRANSLATION": 0.01,
        "MRNA_SPLICING": 0.009, "GLYCOLYSIS": 0.014, "RESPIRATORY_ELECTRON_TRANSPORT": 0.011,
        "THE_CITRIC_ACID_TCA_CYCLE_AND_RESPIRATORY_ELECTRON_TRANSPORT": 0.042,
    }  # fmt: skip
    _hold(reactome, more, fewer)
    assert reactome.index[0] == "GPCR_LIGAND_BINDING"
    for quiet in ("NERVOUS_SYSTEM_DEVELOPMENT", "PENTOSE_PHOSPHATE_PATHWAY"):
        assert reactome.loc[quiet, "pvalue"] > 0.1
    hox = reactome.filter(like="ACTIVATION_OF_ANTERIOR_HOX", axis=0).iloc[0]
    assert (hox["n_tested"], hox["n_loci"]) == (122, 68)
    assert hox["pvalue"] > 0.1
    np.testing.assert_array_less(reactome["n_loci"], reactome["n_tested"] + 1)


def _hold(table: pd.DataFrame, more: dict[str, float], fewer: dict[str, float]) -> None:
    for way, sets in (("more", more), ("fewer", fewer)):
        own = table.loc[list(sets)]
        assert (own["direction"] == way).all()
        assert own["share"].to_numpy() == pytest.approx(list(sets.values()), abs=0.001)
