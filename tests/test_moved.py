"""Import paths that 0.1.0's documentation showed."""

from __future__ import annotations

import importlib

import pytest

from resist_epi.moved import MOVED

SHOWN = [  # by README, docs, notebook and docstrings of 0.1.0
    ("regions", "bed_regions"),
    ("samples", "make_sheet"),
    ("simulate", "CohortSettings"),
    ("simulate", "simulate_cohort"),
    ("simulate", "truth_table"),
    ("simulate", "write_cohort"),
    ("io.builtin", "load_genes"),
    ("io.builtin", "load_gene_sets"),
    ("io.builtin", "load_mechanisms"),
    ("io.cytogenetics", "load_centromeres"),
    ("marks", "mark_switches"),
    ("differential", "contrast_results"),
    ("assays", "ASSAYS"),
    ("io.bigwig", "write_bigwig"),
    ("io.sheet", "read_sheet"),
    ("io.tracks", "open_track"),
    ("matrix", "CountMatrix"),
    ("plots.style", "panel"),
    ("presets", "preset"),
    ("profile_matrix", "ProfileMatrix"),
    ("simulation.cohort", "simulate_cohort"),
    ("plots", "plot_volcano"),
]


@pytest.mark.filterwarnings("ignore:resist_epi:DeprecationWarning")
@pytest.mark.parametrize(("module", "name"), SHOWN)
def test_a_path_that_the_docs_showed_still_works(module: str, name: str) -> None:
    assert getattr(importlib.import_module(f"resist_epi.{module}"), name) is not None


@pytest.mark.parametrize("old", MOVED)
def test_a_moved_module_says_where_it_is(old: str) -> None:
    from resist_epi.moved import _Moved

    module = type(importlib)("resist_epi." + old)
    with pytest.warns(DeprecationWarning, match=f"is resist_epi.{MOVED[old][0]}"):
        _Moved().exec_module(module)
    assert len(vars(module)) > 5


def test_what_never_was_is_still_an_import_error() -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("resist_epi.never_was")
