"""The verb `enrich`: results, with or without counts, against gene sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import write_counts
from resist_epi.io.tables import read_results, read_table
from tests.support.cohort import SmallCohort
from tests.support.scored_sets import SETS, counts, own_sheet


def test_options_that_do_not_belong_to_the_results_are_noticed(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts, results = tmp_path / "c.parquet", tmp_path / "r.tsv"
    count = ["count", str(cohort.sheet), "--mark", "H3K36me3", "--genes", str(cohort.genes)]
    main([*count, "--regions", "genes", "-o", str(counts)])
    main(["diff", str(counts), "-o", str(results)])
    enrich = ["enrich", str(results), "--counts", str(counts), "--contrast", "good-poor"]
    assert main([*enrich, "-o", str(tmp_path / "s.tsv")]) == 1
    assert "other results than those in the table" in capsys.readouterr().err


def test_gene_sets_follow_the_level_asked_for(cohort: SmallCohort, tmp_path: Path) -> None:
    counts, results = tmp_path / "c.parquet", tmp_path / "r.tsv"
    count = ["count", str(cohort.sheet), "--mark", "H3K27me3", "--genes", str(cohort.genes)]
    main([*count, "--regions", "promoters", "-o", str(counts)])
    main(["diff", str(counts), "-o", str(results), "--fdr", "1e-300"])
    assert (read_results(results)["direction"] == "none").all()
    enrich = ["enrich", str(results), "--gene-sets", str(cohort.gene_sets)]
    assert main([*enrich, "--fdr", "0.05", "-o", str(tmp_path / "s.tsv")]) == 0
    assert read_table(tmp_path / "s.tsv")["n_gain"].iloc[0] == 2


def test_the_verb_takes_a_test_and_writes_scores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_counts(tmp_path / "c.parquet", counts())
    own_sheet().table.to_csv(tmp_path / "s.csv", index=False)
    (tmp_path / "sets.gmt").write_text(
        "".join("\t".join([s.name, s.source, *s.genes]) + "\n" for s in SETS.values())
    )
    common = ["--samples", str(tmp_path / "s.csv"), "--normalize", "library_size"]
    common += ["--contrast", "poor-good"]
    results = str(tmp_path / "r.tsv")
    assert main(["diff", str(tmp_path / "c.parquet"), *common, "-o", results]) == 0
    command = ["enrich", results, "--gene-sets", str(tmp_path / "sets.gmt")]
    out, scores = tmp_path / "sets.tsv", tmp_path / "scores.tsv"
    with_counts = ["--counts", str(tmp_path / "c.parquet"), *common]
    more = ["--test", "roast", "--beside", "ora", "--beside", "permutation"]
    more += ["--scores", str(scores)]
    assert main([*command, *with_counts, *more, "-o", str(out)]) == 0
    table = read_table(out).set_index("set")
    assert table.loc["UP", ["pvalue", "ora_pvalue", "permutation_pvalue"]].max() < 0.05
    assert list(read_table(scores).columns[:3]) == ["set", "n_loci", "s0"]
    assert main([*command, "--scores", str(scores), "-o", str(out)]) == 1
    assert "--counts" in capsys.readouterr().err


def test_calls_by_class_of_a_partition(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts, results = tmp_path / "c.parquet", tmp_path / "r.tsv"
    count = ["count", str(cohort.sheet), "--mark", "H3K27me3", "--genes", str(cohort.genes)]
    main([*count, "--regions", "promoters", "-o", str(counts)])
    main(["diff", str(counts), "-o", str(results)])
    parts, where = tmp_path / "timing.bed", tmp_path / "where.tsv"
    parts.write_text("chr1\t0\t100000\tlate\nchr2\t0\t300000\tearly\n")
    enrich = ["enrich", str(results), "--gene-sets", str(cohort.gene_sets), "-o"]
    enrich += [str(tmp_path / "s.tsv"), "--partition", str(parts)]
    assert main([*enrich, "--where", str(where)]) == 0
    found = read_table(where)
    assert set(found["class"]) == {"late", "early", "outside"}
    assert found["n_called"].sum() > 0
    assert main(enrich) == 1
    assert "name it with --where" in capsys.readouterr().err
    assert main([*enrich[:-2], "--where", str(where)]) == 1
    assert "CpG classes from --genome" in capsys.readouterr().err
