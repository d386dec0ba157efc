"""A cohort in which what changes is not what the package names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resist_epi.genes.builtin import load_gene_sets
from resist_epi.genes.gene_sets import read_gmt
from resist_epi.io.tables import read_table
from resist_epi.simulation.cohort import Cohort, simulate_cohort
from resist_epi.simulation.files import write_cohort
from resist_epi.simulation.honest import MOST, SIZES, make_honest_tumours, named_sets
from resist_epi.simulation.settings import CohortSettings
from resist_epi.simulation.streams import TUMOURS, stream
from resist_epi.simulation.truth import expected_change, truth_table
from tests.support.small_cohort import SMALL

HONEST = replace(SMALL, scenario="honest", good=4, poor=4, chromosomes=("chr17", "chr21"))


@pytest.fixture(scope="module")
def honest() -> Cohort:
    return simulate_cohort(HONEST)


def test_changes_lie_in_named_sets_in_random_ones_and_in_none(honest: Cohort) -> None:
    truth = truth_table(honest)
    changed = truth[truth["log2_effect"] != 0]
    assert set(changed["set_kind"]) == {"named", "random", "none"}
    assert changed["log2_effect"].abs().between(*SIZES).all()
    sets = load_gene_sets()
    for name, own in changed.groupby("set"):
        if own["set_kind"].iloc[0] == "none":
            assert name == ""
            continue
        known = sets[name].genes if name in sets else honest.unnamed_sets[name]
        assert (name in sets) == (own["set_kind"].iloc[0] == "named")
        # A domain may hold further genes, which change with it.
        assert own["gene"].isin(list(known)).mean() > 0.5
        for _, of_mark in own.groupby("mark"):
            assert len(set(np.sign(of_mark["log2_effect"]))) == 1
    small = [sets[name].genes for name in named_sets() if name in sets]
    named = {gene for genes in small if len(genes) <= MOST for gene in genes}
    assert not named & {g for genes in honest.unnamed_sets.values() for g in genes}
    assert (truth.loc[truth["log2_effect"] == 0, ["set_kind"]] == "").all(axis=None)


def test_half_of_the_poor_tumours_carry_some_changes_the_same_in_every_mark(
    honest: Cohort,
) -> None:
    truth = truth_table(honest)
    changed = truth[truth["log2_effect"] != 0]
    assert set(changed["carriers"]) == {0.5, 1.0}
    in_sets = changed[changed["set"] != ""]
    assert (in_sets.groupby("set")["carriers"].nunique() == 1).all()
    good = (honest.tumours["condition"] == "good").to_numpy()
    for mark in honest.settings.marks:
        carried = honest.planted[mark].carried
        assert carried is not None
        assert not carried[:, good].any()
    one, two = (honest.planted[m] for m in honest.settings.marks)
    assert one.carried is not None
    assert two.carried is not None
    for name in set(one.sets) & set(two.sets) - {""}:
        rows = [p[s == name] for p, s in ((one.carried, one.sets), (two.carried, two.sets))]
        assert (np.concatenate(rows) == rows[0][0]).all()


@pytest.mark.parametrize("seed", range(20))
def test_no_good_tumour_progresses_before_a_poor_one(seed: int) -> None:
    settings = CohortSettings(seed=seed, scenario="honest", good=7, poor=5)
    tumours = make_honest_tumours(settings, stream(settings, TUMOURS))
    poor = (tumours["condition"] == "poor").to_numpy()
    assert (poor.sum(), (~poor).sum()) == (5, 7)
    assert tumours.loc[poor, "progressed"].all()
    assert tumours.loc[poor, "months"].max() <= tumours.loc[~poor, "months"].min()
    assert tumours.loc[poor, "months"].max() < tumours.loc[~poor, "months"].min() + 0.1
    assert np.isfinite(tumours["months"]).all()


def test_risk_goes_with_the_groups_and_with_proliferation() -> None:
    settings = CohortSettings(seed=2, scenario="honest", good=400, poor=400)
    tumours = make_honest_tumours(settings, stream(settings, TUMOURS))
    risk = tumours.groupby("condition")["risk"].mean()
    assert risk["poor"] - risk["good"] > 0.5
    assert np.corrcoef(tumours["risk"], tumours["proliferation"])[0, 1] == pytest.approx(
        0.5, abs=0.08
    )
    null = make_honest_tumours(replace(settings, null=True), stream(settings, TUMOURS))
    assert abs(np.corrcoef(null["risk"], null["proliferation"])[0, 1]) < 0.08


def test_hidden_factors_have_genes_of_their_own(honest: Cohort) -> None:
    truth = truth_table(honest)
    for factor in ("proliferation", "subtype"):
        own = truth[truth["factor"] == factor]
        assert len(own) > 10
        in_set = own["set"] != ""
        assert not in_set.any()
    assert (truth.loc[truth["factor"] == "", "factor_log2"] == 0).all()
    body = truth[(truth["mark"] == "H3K36me3") & (truth["factor"] != "")]
    body = body[(body["log2_effect"] == 0) & body["body_log2"].notna()]
    assert np.corrcoef(body["factor_log2"], body["body_log2"])[0, 1] > 0.7


def test_in_a_null_cohort_nothing_is_true_of_the_groups() -> None:
    null = simulate_cohort(replace(HONEST, null=True))
    truth = truth_table(null)
    assert not truth["log2_effect"].any()
    assert not truth[["promoter_log2", "body_log2"]].fillna(0).to_numpy().any()
    factors = null.planted["H3K36me3"].factors
    assert factors is not None
    assert factors.any()


def test_a_global_shift_is_of_all_poor_tumours() -> None:
    shifted = simulate_cohort(replace(HONEST, global_shift=-1.0))
    truth = truth_table(shifted)
    own = truth[(truth["mark"] == "H3K27me3") & (truth["marked"] == 1)]
    assert own["promoter_log2"].median() < -0.5
    assert set(truth["carriers"]) <= {0.0, 0.5, 1.0}


def test_a_chromosome_that_holds_no_set_has_changes_in_none() -> None:
    truth = truth_table(simulate_cohort(replace(HONEST, chromosomes=("chrY",))))
    assert set(truth["set_kind"]) <= {"none", ""}


def test_the_sets_nobody_named_are_written(honest: Cohort, tmp_path: Path) -> None:
    small = simulate_cohort(replace(HONEST, good=1, poor=1, fragments=2000))
    write_cohort(small, tmp_path)
    sets = read_gmt(tmp_path / "random_sets.gmt")
    assert set(sets) == set(small.unnamed_sets)
    truth = read_table(tmp_path / "truth.tsv.gz")
    assert {"set", "set_kind", "carriers", "factor", "factor_log2"} <= set(truth)
    assert honest.landscape.chroms == ("chr17", "chr21")


def test_the_default_names_its_sets_and_all_poor_tumours_carry_them() -> None:
    cohort = simulate_cohort(SMALL)
    truth = truth_table(cohort)
    changed = truth[truth["log2_effect"] != 0]
    assert set(changed["carriers"]) == {1.0}
    assert set(changed["set_kind"]) <= {"named", "none"}
    assert (changed["factor"] == "").all()
    region = expected_change(
        cohort, "H3K36me3", cohort.annotation.genes.head(3).assign(region_id=["a", "b", "c"])
    )
    assert np.isfinite(region).all()
