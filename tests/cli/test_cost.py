"""What a run is said to take grows with its tracks, and shrinks with processes."""

from __future__ import annotations

from pathlib import Path

import pytest

import resist_epi.cli.cost as estimate
from resist_epi.cli.cost import expected_cost, peaks_cost_in_words
from resist_epi.io.processors import Processors


def test_it_grows_with_number_size_and_marks(tmp_path: Path) -> None:
    small, large = tmp_path / "a.bw", tmp_path / "b.bw"
    small.write_bytes(b"x" * 1_000_000)
    large.write_bytes(b"x" * 5_000_000)
    one = expected_cost([small], 1)
    assert (one.tracks, one.megabytes) == (1, 1.0)
    assert expected_cost([large], 1).seconds > one.seconds
    assert expected_cost([small, small], 1).seconds > one.seconds
    assert expected_cost([small], 2).seconds > one.seconds
    assert expected_cost([small, small], 1).gigabytes > one.gigabytes


def test_what_is_not_here_has_no_size_and_the_words_are_plain() -> None:
    cost = expected_cost([Path("https://example.org/a.bw")], 1)
    assert cost.megabytes == 0
    assert cost.words.startswith("1 track of less than 1 MB: about ")
    assert "GB of memory" in cost.words


def test_tracks_elsewhere_are_counted_once() -> None:
    def words(n: int, elsewhere: int) -> str:
        tracks = [Path(f"{i}.bw") for i in range(n)]
        return expected_cost(tracks, 1, elsewhere=elsewhere).words

    assert words(8, 8).startswith("8 tracks elsewhere: about")
    assert words(8, 3).startswith("5 tracks of less than 1 MB and 3 elsewhere: about")
    assert words(8, 0).startswith("8 tracks of less than 1 MB: about")


def test_peaks_alone_are_no_tracks() -> None:
    assert peaks_cost_in_words(1, 1) == "1 peak file: about 13 s, where nothing is done yet"
    assert "track" not in peaks_cost_in_words(30, 2)


def test_hours_are_called_hours() -> None:
    assert (
        "2.0 h to 3.9 h, and " in expected_cost([Path(f"{i}.bw") for i in range(20_000)], 2).words
    )


@pytest.mark.parametrize(
    ("tracks", "megabytes", "jobs", "seconds", "gigabytes"),
    [(24, 46, 2, 52, 1.5), (24, 46, 1, 72, 1.1), (48, 46, 2, 73, 1.7), (800, 48, 2, 1103, 6.9)],
)
def test_it_says_what_was_measured(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tracks: int,
    megabytes: int,
    jobs: int,
    seconds: float,
    gigabytes: float,
) -> None:
    track = tmp_path / "a.bw"
    with track.open("wb") as stream:
        stream.truncate(megabytes * 1_000_000)
    monkeypatch.setattr(estimate, "allowed_processors", lambda: Processors(2, "the test"))
    found = expected_cost([track] * tracks, 2, jobs=jobs)
    assert found.seconds * 0.95 < seconds < found.seconds * estimate.SLOWER
    assert found.gigabytes == pytest.approx(gigabytes, rel=0.15)
