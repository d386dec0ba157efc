"""A toy test of regions, of which other tests make records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.model.fit import Fit
from resist_epi.model.linear_models import FitOptions, fit_trend, linear_statistics
from resist_epi.model.method import Method
from resist_epi.samples.design import Contrast, Design
from resist_epi.schema import QUANTITIES
from resist_epi.stats.literature import Reference

PAPER = Reference("Toy A, Toy B", "A test that is a toy", "J Toys 2026;1:1")
GROUPS = ["good"] * 4 + ["poor"] * 4


def fit_toy(
    matrix: CountMatrix, design: Design, tested: NDArray[np.bool_], options: FitOptions
) -> Fit:
    fitted = fit_trend(matrix, design, tested, FitOptions())
    return replace(fitted, method="toy", model=np.pi)


def toy_statistics(fitted: Fit, contrast: Contrast) -> dict[str, FloatArray]:
    assert fitted.model == np.pi
    return linear_statistics(fitted, contrast)


def toy_f(fitted: Fit, vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    return np.full(len(fitted.regions), 2.0), np.full(len(fitted.regions), 0.5)


TOY = Method(
    fit_toy,
    toy_statistics,
    QUANTITIES,
    "a toy's test of log2 signal",
    (PAPER,),
    f_statistics=toy_f,
    relabelled_by="trend",
)
