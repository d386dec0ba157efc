"""Grids and parts of grids stand for the runs that they spare."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.tracks.engine.runs import Grid, GridParts, Runs


def test_a_run_knows_where_it_begins_and_ends() -> None:
    runs = Runs(np.uint32([3, 9]), np.uint32([5, 12]), np.float32([1, 2]))
    assert (len(runs), runs.begin, runs.end, runs.gapless) == (2, 3, 12, False)


@pytest.mark.parametrize("step", [1, 50])
def test_a_grid_is_runs_of_one_width(step: int) -> None:
    grid = Grid(begin=200, step=step, values=np.arange(4, dtype=np.float32))
    assert grid.starts.tolist() == [200 + step * i for i in range(4)]
    assert grid.ends.tolist() == [200 + step * (i + 1) for i in range(4)]
    assert (len(grid), grid.end, grid.gapless) == (4, 200 + 4 * step, True)
    assert grid.place(np.array([0, 3])).tolist() == [0, 3]


def test_parts_of_a_grid_stand_where_the_grid_does() -> None:
    grid = Grid(begin=100, step=10, values=np.arange(20, dtype=np.float32))
    asked = [range(2, 5), range(11, 13)]
    numbers = np.concatenate([np.array(r) for r in asked])
    parts = GridParts(
        begin=grid.begin,
        end=grid.end,
        step=grid.step,
        first=np.array([r.start for r in asked]),
        offset=np.array([0, 3, 5]),
        values=grid.values[numbers],
    )
    assert len(parts) == 5
    assert parts.starts.tolist() == grid.starts[numbers].tolist()
    assert parts.ends.tolist() == grid.ends[numbers].tolist()
    assert parts.values[parts.place(numbers)].tolist() == grid.values[numbers].tolist()


def test_a_run_between_parts_stands_where_the_next_begins() -> None:
    parts = GridParts(0, 200, 10, np.array([2, 11]), np.array([0, 3, 5]), np.zeros(5, np.float32))
    assert parts.place(np.array([0, 7, 10, 13, 19])).tolist() == [0, 3, 3, 5, 5]
