"""Sets of the Gene Ontology: built, asked for by a word, tested by the thousand."""

from __future__ import annotations

import importlib.util
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.errors import InputFormatError
from resist_epi.genes.builtin import load_go_sets, load_sets, load_symbols
from resist_epi.genes.enrichment import enrich, set_families
from resist_epi.genome.builtin import load_genes
from resist_epi.io.tables import read_table, write_table
from resist_epi.study.settings import make_settings
from resist_epi.study.study_file import read_study, write_study

SCRIPTS = Path(__file__).resolve().parents[2] / "data_sources"
TCA = "tricarboxylic acid cycle (GO:0006099)"


def results(n: int | None = None, seed: int = 1) -> pd.DataFrame:
    """Null results of protein-coding genes."""
    genes = load_genes("hg38").genes
    genes = genes[genes["biotype"] == "protein_coding"].reset_index(drop=True).head(n or len(genes))
    rng = np.random.default_rng(seed)
    stat = rng.normal(size=len(genes))
    table = genes[["chrom", "start", "end", "strand", "gene_id", "symbol"]]
    return table.assign(
        region_id=genes["gene_id"], kind="genes", baseMean=1.0, log2FoldChange=stat / 10,
        lfcSE=0.1, ci_low=-1.0, ci_high=1.0, stat=stat, df=10.0,
        pvalue=0.5, padj=1.0, direction="none",
    )  # fmt: skip


def test_sets_are_of_testable_genes_and_of_the_sizes_stated() -> None:
    sets = load_go_sets()
    symbols = set(load_genes("hg38").genes["symbol"])
    assert 4000 < len(sets) < 6000
    assert all(10 <= len(s) <= 300 for s in sets.values())
    assert {g for s in sets.values() for g in s.genes} <= symbols
    assert len({s.genes for s in sets.values()}) == len(sets)
    assert {"CS", "ACO2", "IDH3A", "OGDH", "SUCLG1", "SDHA", "FH", "MDH2"} < set(sets[TCA].genes)
    shunt = sets["pentose-phosphate shunt (GO:0006098)"].genes
    assert {"G6PD", "PGD", "TKT", "TALDO1", "RPIA"} < set(shunt)
    assert "TIGAR" not in shunt, "it regulates the shunt and is no part of it"


def test_version_date_and_licence_stand_in_the_file() -> None:
    import gzip

    payload = files("resist_epi.data").joinpath("gene_sets_go.gmt.gz").read_bytes()
    assert len(payload) < 1_200_000
    head = gzip.decompress(payload).decode().split("\n")[:4]
    assert "Gene Ontology 2022-07-01" in head[0]
    assert "CC BY 4.0" in head[1]


@pytest.mark.skipif(not SCRIPTS.is_dir(), reason="no scripts beside the tests")
def test_genes_of_a_part_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    spec = importlib.util.spec_from_file_location("build_go", SCRIPTS / "build_go_sets.py")
    build = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "build_go", build)
    spec.loader.exec_module(build)  # type: ignore[union-attr]
    above = build.closure({"whole": ["root"], "part": ["whole"], "twin": ["part", "whole"]})
    assert above == {
        "whole": {"whole"},
        "part": {"part", "whole"},
        "twin": {"twin", "part", "whole"},
    }
    rows = [("twin", f"G{i}", "IDA") for i in range(10)]
    rows += [("whole", f"W{i}", "IMP") for i in range(5)]
    rows += [("whole", "READ_BY_NOBODY", "IEA"), ("part", "PATTERN", "IEP"), ("other", "X", "IDA")]
    found = build.process_sets(pd.DataFrame(rows, columns=["go_id", "symbol", "evidence"]), above)
    # part and twin have the same genes: the more special one stays
    assert list(found) == ["twin", "whole"]
    assert found["twin"] == sorted(f"G{i}" for i in range(10))
    assert len(found["whole"]) == 15


def test_the_word_and_the_file_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("go").write_text("MINE\there\tTP53\n")
    assert TCA in load_sets("go")
    assert list(load_sets("./go")) == ["MINE"]
    assert list(load_sets(Path("go"))) == ["MINE"]


@pytest.mark.parametrize(("given", "again"), [("go", "go"), ("./go", "file"), ("a/b.gmt", "file")])
def test_a_study_file_keeps_the_word_apart_from_a_file(
    tmp_path: Path, given: str, again: str
) -> None:
    settings = make_settings({"sheet": "s.csv", "gene_sets": given}).resolved(tmp_path)
    write_study(tmp_path / "study.yaml", settings)
    read = read_study(tmp_path / "study.yaml")
    assert read == settings
    assert (read.gene_sets == "go") == (again == "go")
    if again == "file":
        assert read.gene_sets == tmp_path / given


def test_the_verb_tests_them_and_shows_how_many_matched(tmp_path: Path) -> None:
    table = results()
    tca = table["symbol"].isin(load_go_sets()[TCA].genes)
    table.loc[tca, "stat"] += 3
    table.loc[tca, "log2FoldChange"] += 0.3
    write_table(tmp_path / "r.tsv", table, header={"contrast": "poor-good"})
    out = tmp_path / "sets.tsv"
    command = ["enrich", str(tmp_path / "r.tsv"), "--gene-sets", "go", "--beside", "ora"]
    assert main([*command, "-o", str(out)]) == 0
    found = read_table(out)
    assert "sets have some" in found.attrs["header"]["gene set symbols"]
    first = found.set_index("set").loc[TCA]
    assert first["direction"] == "gain"
    assert first["padj"] < 1e-4
    assert first["n_tested"] == first["n_genes"]
    apart = found[~found["family"].isin(found.loc[found["padj"] < 0.05, "family"])]
    assert (apart["pvalue"] < 0.05).mean() < 0.06


def test_another_species_is_told(tmp_path: Path) -> None:
    table = results(200)
    table["symbol"] = [f"LOC{i}" for i in range(200)]
    with pytest.raises(InputFormatError, match="no gene of the"):
        enrich(table, load_sets("go"), symbols=load_symbols(), own_sets=True)


def test_many_overlapping_sets_are_many_families() -> None:
    symbols = load_genes("hg38").genes["symbol"]
    place = {symbol: i for i, symbol in enumerate(symbols)}
    members = {n: np.sort([place[g] for g in s.genes]) for n, s in load_go_sets().items()}
    family = pd.Series(set_families(members), index=list(members))
    assert family.value_counts().max() < 0.05 * len(members)
    assert (family[family.unique()] == family.unique()).all(), "heads are of their own family"
    own = [set(members[n].tolist()) for n in family.index]
    head = [set(members[n].tolist()) for n in family]
    assert all(
        2 * len(a & b) >= len(a) and len(b) >= len(a) for a, b in zip(own, head, strict=True)
    )
