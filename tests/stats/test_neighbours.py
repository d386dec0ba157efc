"""Neighbours that go together: found where they do, left alone where they do not."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.stats.multiple import simes
from resist_epi.stats.neighbours import neighbour_groups


def _domains(
    lengths: list[int], *, shared: float, d: int = 11, seed: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Patterns of regions in domains, and the domain of each."""
    rng = np.random.default_rng(seed)
    domain = np.repeat(np.arange(len(lengths)), lengths)
    common = rng.standard_normal((len(lengths), d))[domain]
    own = rng.standard_normal((len(domain), d))
    return np.sqrt(shared) * common + np.sqrt(1 - shared) * own, domain


def _together(member: np.ndarray, domain: np.ndarray) -> float:
    """Share of the adjacent pairs of one domain that are in one group."""
    same = domain[1:] == domain[:-1]
    return float((member[1:] == member[:-1])[same].mean())


def test_domains_are_found_and_strangers_are_not_joined() -> None:
    lengths = np.random.default_rng(2).integers(5, 21, size=300).tolist()
    effects, domain = _domains(lengths, shared=0.7)
    member = neighbour_groups(effects, np.zeros(len(domain)))
    assert _together(member, domain) > 0.95
    apart = domain[1:] != domain[:-1]
    assert (member[1:] == member[:-1])[apart].mean() < 0.12
    weak, domain = _domains(lengths, shared=0.4)
    assert _together(neighbour_groups(weak, np.zeros(len(domain))), domain) > 0.6


def test_regions_on_their_own_stay_so() -> None:
    effects, _ = _domains([1] * 4000, shared=0.0)
    member = neighbour_groups(effects, np.zeros(4000))
    assert 0.9 < (member[-1] + 1) / 4000 < 0.97
    assert np.array_equal(np.unique(member), np.arange(member[-1] + 1))
    assert (np.diff(member) >= 0).all()


def test_no_group_crosses_a_chromosome() -> None:
    effects, _ = _domains([40], shared=0.99)
    chrom = np.repeat([0, 1, 2], [10, 1, 29])
    member = neighbour_groups(effects, chrom)
    assert len({(m, c) for m, c in zip(member, chrom, strict=True)}) == member[-1] + 1 == 3


def test_a_stranger_within_a_domain_does_not_cut_it() -> None:
    effects, _ = _domains([12], shared=0.95)
    effects[6] = np.random.default_rng(3).standard_normal(11)
    assert neighbour_groups(effects, np.zeros(12)).max() == 0


def test_what_a_whole_chromosome_shares_joins_nothing() -> None:
    rng = np.random.default_rng(4)
    effects = rng.standard_normal((3000, 11)) + 1.5 * rng.standard_normal(11)
    member = neighbour_groups(effects, np.zeros(3000))
    assert (member[-1] + 1) / 3000 > 0.85
    # A factor that goes up here and down there is no neighbourhood either.
    factor = 1.5 * rng.standard_normal((3000, 1)) * rng.standard_normal(11)
    member = neighbour_groups(rng.standard_normal((3000, 11)) + factor, np.zeros(3000))
    assert (member[-1] + 1) / 3000 > 0.85


def test_it_is_blind_to_scale_sign_and_basis() -> None:
    effects, domain = _domains([7, 3, 9, 1, 12] * 20, shared=0.6)
    chrom = np.zeros(len(domain))
    member = neighbour_groups(effects, chrom)
    turn = np.linalg.qr(np.random.default_rng(5).standard_normal((11, 11)))[0]
    assert np.array_equal(member, neighbour_groups(-3 * effects @ turn, chrom))


def test_p_of_joined_null_regions_hold_under_simes() -> None:
    """The contrast is one of the coordinates: joining on it leaves Simes' P valid."""
    rng = np.random.default_rng(6)
    small = []
    for _ in range(40):
        effects = rng.standard_normal((1500, 9))
        t = effects[:, 0] / np.sqrt((effects[:, 1:] ** 2).mean(axis=1))
        from scipy.stats import t as student

        p = 2 * student.sf(np.abs(t), 8)
        member = neighbour_groups(effects, np.zeros(1500))
        joined = np.bincount(member) > 1
        small.append((simes(p, member)[joined] <= 0.05).mean())
    assert np.mean(small) < 0.06


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_few_regions(n: int) -> None:
    effects = np.zeros((n, 4))
    assert len(neighbour_groups(effects, np.zeros(n))) == n


def test_one_coordinate_tells_nothing() -> None:
    assert neighbour_groups(np.ones((5, 1)), np.zeros(5)).tolist() == [0, 1, 2, 3, 4]


def test_wrong_input_is_refused() -> None:
    with pytest.raises(DesignError, match="a chromosome each"):
        neighbour_groups(np.zeros((4, 3)), np.zeros(3))
    with pytest.raises(DesignError, match="missing or infinite"):
        neighbour_groups(np.full((4, 3), np.nan), np.zeros(4))
