"""Shares of work: every item in one of them, whatever their number."""

from __future__ import annotations

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.study.stages.shard import Shard, read_shard


@pytest.mark.parametrize("n", [1, 3, 7, 24])
def test_every_item_is_in_one_share(n: int) -> None:
    shares = [Shard(i, n).mine(range(10)) for i in range(1, n + 1)]
    assert sorted(item for share in shares for item in share) == list(range(10))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_shard_is_read_as_it_is_written() -> None:
    shard = read_shard(" 7/24 ")
    assert (shard, str(shard), shard.name) == (Shard(7, 24), "7/24", "7-of-24")


@pytest.mark.parametrize(
    "text", ["0/3", "4/3", "a/b", "1", "", "1/0", "-1/2", "1/2/3", "1.0/2", "1/9999999", "\u0661/2"]
)
def test_no_shard(text: str) -> None:
    with pytest.raises(InputFormatError, match="is no shard; expected i/N"):
        read_shard(text)
