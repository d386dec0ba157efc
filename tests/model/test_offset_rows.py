"""Offsets neither follow the depth of a library nor give it a signal that it has not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.model.normalization import normalize
from resist_epi.model.normalization_data import NormalizationInputs
from tests.support.builders import regions


def of_peaks(made: CountMatrix) -> NormalizationInputs:
    """Peaks everywhere in every sample, and two groups."""
    everywhere = made.regions[["chrom", "start", "end"]]
    return NormalizationInputs(
        peaks=dict.fromkeys(made.samples, everywhere),
        groups={s: "ab"[i % 2] for i, s in enumerate(made.samples)},
    )


OFFSETS = ("loess", "common_peaks", "quantile")


def one_shallow(fold: float, quantity: str, level: float = 6.5) -> CountMatrix:
    """Eight libraries of one chromatin, the last sequenced `fold` times as deeply."""
    rng = np.random.default_rng(1)
    mean = 2 ** rng.normal(level, 1.7, size=(2_000, 1)) * np.exp(rng.normal(0, 0.2, (2_000, 8)))
    depth = np.r_[np.ones(7), fold]
    values = rng.poisson(mean * depth).astype(float)
    if quantity != "reads":
        values /= depth
    sizes = 1e6 * (depth if quantity == "reads" else np.ones(8))
    return CountMatrix(values, regions(2_000), tuple("abcdefgh"), quantity, sizes)


@pytest.mark.parametrize("quantity", ["reads", "mean_signal"])
@pytest.mark.parametrize("method", OFFSETS)
def test_offsets_do_not_follow_the_depth_of_a_shallow_library(method: str, quantity: str) -> None:
    made = one_shallow(0.1, quantity)
    if method == "quantile":  # whose ranks are those of the noise
        with pytest.raises(DesignError, match=r"quantile: .*follow depth"):
            normalize(made, method, inputs=of_peaks(made))
        return
    found = normalize(made, method, inputs=of_peaks(made)).offsets
    assert found is not None
    off = (found - np.log(made.library_sizes)) / np.log(2)
    off = off[:, 7] - off[:, :7].mean(axis=1)
    order = np.argsort(made.values.sum(axis=1))
    # Logs of few reads are too low: offsets that learnt from them were off by .3 and more.
    medians = [float(np.median(off[part])) for part in np.array_split(order, 10)]
    assert np.abs(medians).max() < 0.13, medians


@pytest.mark.parametrize("method", OFFSETS)
@pytest.mark.parametrize("quantity", ["reads", "mean_signal"])
def test_a_library_without_signal_is_not_bent_to_the_shape_of_the_others(
    method: str, quantity: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = one_shallow(1.0, quantity)
    rng = np.random.default_rng(2)
    flat = made.values.copy()
    flat[:, 7] = rng.poisson(made.values[:, 0].mean(), size=len(flat))
    empty = replace(made, values=flat)
    with pytest.raises(DesignError, match=rf"{method}: h .* hardly any of the signal"):
        normalize(empty, method, inputs=of_peaks(empty))
    assert "h follows" not in caplog.text
    weak = made.values.copy()
    weak[:, 7] = rng.poisson(weak[:, 7] ** 0.4 * 20)
    poor = replace(made, values=weak)
    normalize(poor, method, inputs=of_peaks(poor))
    assert "h follows" in caplog.text
    assert "look at that library" in caplog.text


@pytest.mark.parametrize("method", OFFSETS)
def test_offsets_need_regions_that_are_abundant_in_every_library(method: str) -> None:
    made = one_shallow(0.1, "reads", level=3.5)
    few = made.select(regions=np.arange(2_000) < 400)
    with pytest.raises(DesignError, match="follow depth"):
        normalize(few, method, inputs=of_peaks(few))


@pytest.mark.parametrize("n_regions", [60, 2_000])
def test_regions_of_one_level_or_few_of_them_tell_nothing_of_a_library(n_regions: int) -> None:
    """Where no library follows the others there is nothing but noise to follow."""
    made = one_shallow(1.0, "mean_signal")
    values = np.random.default_rng(5).gamma(40, 0.5, (n_regions, 8))
    one_level = replace(made, values=values, regions=regions(n_regions))
    offsets = normalize(one_level, "loess").offsets
    assert offsets is not None
    assert np.isfinite(offsets).all()
