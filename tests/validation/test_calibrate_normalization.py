"""The calibration of normalisations in small: what copy number and normal tissue change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

calibrate = pytest.importorskip("calibrate_normalization", reason="no scripts beside the tests")


def drawn(name: str, **changes: object):  # type: ignore[no-untyped-def]
    scenario = replace(calibrate.SCENARIOS[name], **changes)
    return calibrate.simulate(scenario, 6, np.random.default_rng(1))


def test_copy_number_is_in_the_counts_and_its_offset_in_one_scenario_alone() -> None:
    with_offset, ignored = drawn("copy_number"), drawn("copy_number_ignored")
    assert np.array_equal(with_offset.regions.values, ignored.regions.values)
    assert ignored.regions.expected is None
    assert with_offset.regions.expected is not None
    gained = (with_offset.bins.expected > 0).any(axis=1)
    assert 0.05 < gained.mean() < 0.09  # .04 + .03 + .001 of the genome
    depth = ignored.bins.library_sizes
    excess = np.log2((ignored.bins.values[gained] / depth).mean() /
                     (ignored.bins.values[~gained] / depth).mean())  # fmt: skip
    assert excess > 0.1


def test_purity_goes_with_the_group_only_where_it_is_confounded() -> None:
    for name, low, high in (("purity", -0.2, 0.2), ("purity_confounded", 0.1, 0.4)):
        sheet = drawn(name).sheet
        purity = sheet.numbers("Purity")
        assert purity is not None
        assert low < purity[:6].mean() - purity[6:].mean() < high
    assert drawn("balanced").sheet.numbers("Purity") is None


@pytest.mark.slow
def test_adjusting_for_purity_keeps_confident_calls_right() -> None:
    table = calibrate.calibrate(3, 6, 1, ["purity_confounded", "purity_confounded_adjusted"])
    fdr = table.set_index("scenario")["high_confidence_fdr"]
    assert fdr["purity_confounded_adjusted"] < 0.1 < fdr["purity_confounded"]


def test_two_normalisations_together_are_right_about_a_gain_that_one_of_them_halves() -> None:
    found = calibrate.measure_lists(drawn("gain_20"))
    assert set(found) == {
        f"{name}_{what}"
        for name in (*calibrate.LISTS, "high_confidence")
        for what in ("calls", "fdr", "power")
    }
    assert found["high_confidence_calls"] in (found["with_tmm_calls"], found["with_rounds_calls"])
    assert found["with_rounds_power"] >= found["with_tmm_power"] > 0.5
    assert found["with_rounds_fdr"] < 0.06


def test_a_mark_that_spreads_raises_the_background_of_the_poor_group_alone() -> None:
    spread, nothing = drawn("spread_20", balanced=0.0), drawn("nothing")
    domains = int(calibrate.BINS * calibrate.DOMAIN_BINS)

    def ratio(study) -> float:  # type: ignore[no-untyped-def]
        share = study.bins.values[domains:].sum(axis=0) / study.bins.values[:domains].sum(axis=0)
        return float(np.log2(share[6:].mean() / share[:6].mean()))

    assert ratio(spread) - ratio(nothing) == pytest.approx(np.log2(1.2), abs=0.03)
