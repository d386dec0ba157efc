"""The best supported loci: each once, with what every mark shows and what is known of it."""

from __future__ import annotations

import pandas as pd

from resist_epi.report.top_loci import gene_roles, top_loci
from tests.support.report_tables import CALLED, mark_of, results, run_tables, sheet


def test_marks_take_turns_and_a_locus_of_both_stands_once() -> None:
    table = results(100).assign(svalue=lambda t: t["pvalue"])
    table["shrunkenLog2FoldChange"] = table["log2FoldChange"]
    other = table.assign(direction="none")
    other.loc[[0, 50], "direction"] = "gain"
    other.loc[50, ["svalue", "pvalue"]] = 1e-14
    run = run_tables(
        [mark_of("H3K27me3", {"promoters": sheet(table)}), mark_of("ER", {"peaks": sheet(other)})]
    )
    found = top_loci(run, shown=6)
    assert len(found) == 6
    assert [x.gene for x in found].count("GENE0") <= 1
    assert "GENE50" in [x.gene for x in found][:4]
    for locus in found:
        row = table[table["symbol"] == locus.gene].iloc[0]
        effect = locus.effects["H3K27me3"]
        assert float(effect.change.replace("−", "-")) == round(row["log2FoldChange"], 2)
        assert effect.direction == row["direction"]
        low, high = effect.interval.replace("−", "-").split(" to ")
        assert (float(low), float(high)) == (round(row["ci_low"], 2), round(row["ci_high"], 2))


def test_neighbours_are_one_line_named_after_one_with_a_known_role() -> None:
    table = results(30).assign(locus_id=[f"l{i // 10}" for i in range(30)])
    table.loc[4, "symbol"] = "HK2"
    found = top_loci(run_tables([mark_of("H3K27me3", {"promoters": sheet(table)})]))
    assert len(found) == CALLED // 10
    first = next(x for x in found if x.gene == "HK2")
    assert len(first.others) == 9
    assert "HK2" not in first.others
    assert first.role == gene_roles()["HK2"] == "enzyme (glycolysis)"


def test_what_a_mark_does_not_have_is_told_from_what_it_did_not_test() -> None:
    table = results(40)
    other = table.iloc[1:].assign(direction="none", pvalue=float("nan"))
    marks = [mark_of("A", {"promoters": sheet(table)}), mark_of("B", {"promoters": sheet(other)})]
    shown = {x.gene: x.effects["B"].direction for x in top_loci(run_tables(marks), shown=40)}
    assert shown.pop("GENE0") == "not measured"
    assert set(shown.values()) == {"not tested"}


def test_nothing_called_gives_no_line() -> None:
    table = results(40).assign(direction="none")
    assert top_loci(run_tables([mark_of("A", {"promoters": sheet(table)})])) == []
    assert isinstance(pd.Series(gene_roles()).iloc[0], str)


def test_sets_keep_the_names_of_genes_and_acronyms() -> None:
    roles = gene_roles()
    assert roles["NCOR2"] == "co-repressor (ESR1 repression)"
    assert roles["PRPS1"].endswith("(pentose phosphate)")
