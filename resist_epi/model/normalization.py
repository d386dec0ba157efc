"""A matrix normalised as asked for, or by the default; factors side by side.

Which normalisations there are, and how to add one, is in `normalization_method.py`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError, QuantityError, unknown_name
from resist_epi.model.normalization_data import NormalizationInputs
from resist_epi.model.normalization_method import METHODS as METHODS  # noqa: PLC0414  # likewise
from resist_epi.model.scalings import as_expected, of_the_same

DEFAULT = "tmm"  # where nothing but the regions is there, and no test

MIN_REGIONS = 10  # for what most of them share


def choose_default(
    inputs: NormalizationInputs | None = None, matrix: CountMatrix | None = None
) -> tuple[str, str]:
    """Choose the normalisation of somebody who names none: the first default that can be had.

    Spike-in where the sheet has it and it is not refused, else background composition where bins
    can be had and pass, else TMM in rounds of a test, else TMM; column sums never. Gives a key of
    `METHODS`, and why, in words for log and header.

    Parameters
    ----------
    matrix
        What will be normalised: fewer than 10 regions with signal cannot tell what does not
        change, so library sizes are taken where these are of whole libraries.
    """
    inputs = NormalizationInputs() if inputs is None else inputs
    said: list[str] = []
    for name, method in METHODS.items():
        if method.default is None:
            continue
        because, why_not = method.default
        if not method.has_inputs(inputs):
            said.append(inputs.missing.get(name, why_not))
            continue
        if name in inputs.refused:
            said.append(inputs.refused[name])
            continue
        few = too_few(matrix) if method.in_regions and matrix is not None else 0
        if not few:
            return name, "; ".join(filter(None, [*said, because]))
        return "library_size", "; ".join(
            [*said, f"{few} region(s) with signal tell no composition"]
        )
    return DEFAULT, "; ".join(said)


def sizes_are_sums(matrix: CountMatrix) -> bool:
    """Whether library sizes are sums over the regions themselves, for want of better ones."""
    return "column_sum" in matrix.metadata.get("library_size_from", [])


def too_few(matrix: CountMatrix) -> int:
    """Regions with signal where these are fewer than 10 and library sizes are not sums over them.

    0 otherwise.
    """
    present = int((matrix.values > 0).any(axis=1).sum())
    return 0 if sizes_are_sums(matrix) or present >= MIN_REGIONS else present


def compared_as(role: str) -> list[str]:
    """Keys of `METHODS` of one part among the normalisations that are compared."""
    return [name for name, method in METHODS.items() if method.compared == role]


def references(inputs: NormalizationInputs) -> list[str]:
    """Normalisations that keep a global change, can be had and were not refused; the best first."""
    return [
        name
        for name in compared_as("reference")
        if METHODS[name].has_inputs(inputs) and name not in inputs.refused
    ]


def titles() -> dict[str, str]:
    """Key -> name in figures, where it has one of its own."""
    return {name: method.title for name, method in METHODS.items() if method.title}


def normalize(
    matrix: CountMatrix,
    method: str = "library_size",
    *,
    inputs: NormalizationInputs | None = None,
    factors_from: CountMatrix | None = None,
) -> CountMatrix:
    """Return the matrix with size factors or offsets.

    A sample's effective library size is `library_sizes * size_factors`; where there are offsets,
    a value's is the exponential of its offset. All-zero regions have no say. What is `expected` of
    a sample apart from the mark, such as its copy number, is divided away before factors are
    estimated, and is part of the offsets.

    Parameters
    ----------
    method
        A key of `METHODS`; its `assumption` says what must hold. By default library sizes are taken
        as they are; what an analysis takes where nobody names one is `choose_default`'s.
    inputs
        What the method needs beside the matrix, of the same samples.
    factors_from
        Another matrix of the same samples and library sizes to estimate the factors on.

    Raises
    ------
    DesignError
        If the method is unknown, lacks what it needs, or no region has signal to estimate factors
        from; or samples or library sizes disagree.

    Examples
    --------
    >>> from resist_epi.counting.matrix import CountMatrix
    >>> from resist_epi.genome.regions import bed_regions
    >>> regions = bed_regions([("chr1", 0, 500), ("chr1", 500, 900)])
    >>> counts = CountMatrix(np.array([[4.0, 8], [6, 12]]), regions, ("a", "b"), "reads",
    ...                      np.array([10.0, 20]))
    >>> normalize(counts, "tmm").size_factors
    array([1., 1.])
    """
    if method not in METHODS:
        raise DesignError(unknown_name("normalisation", method, METHODS))
    chosen = METHODS[method]
    inputs = NormalizationInputs() if inputs is None else inputs
    if chosen.needs is not None and not chosen.has_inputs(inputs):
        because = f" ({inputs.missing[method]})" if method in inputs.missing else ""
        raise DesignError(f"normalisation {method} needs {chosen.needs[1]}{because}")
    if factors_from is not None and chosen.offsets:
        raise DesignError(f"{method} gives offsets, which belong to the regions they come from")
    source = as_expected(matrix if factors_from is None else of_the_same(matrix, factors_from))
    if not (source.values > 0).any():
        raise DesignError(
            "no region has any signal in any sample, so there is nothing to normalise by;"
            " check that regions and tracks are of one assembly"
        )
    try:
        found = chosen.kernel(source, inputs)
    except QuantityError as error:
        raise DesignError(f"normalisation {method}: {error}") from error
    metadata = {**matrix.metadata, "normalization": method}
    if chosen.offsets:
        offsets = np.log(matrix.library_sizes) + found
        if matrix.expected is not None:
            offsets = offsets + matrix.expected
        return replace(matrix, size_factors=None, offsets=offsets, metadata=metadata)
    if matrix.expected is None:
        return replace(matrix, size_factors=found, offsets=None, metadata=metadata)
    offsets = np.log(matrix.library_sizes * found) + matrix.expected
    return replace(matrix, size_factors=found, offsets=offsets, metadata=metadata)


def factors_table(matrix: CountMatrix, method: str) -> pd.DataFrame:
    """Table of the factors: a row a sample; of offsets, the median region's.

    Columns `sample normalization library_size size_factor effective_library_size`.
    """
    factors = matrix.size_factors
    if factors is None and matrix.offsets is not None and len(matrix.offsets):
        factors = np.exp(np.median(matrix.offsets, axis=0)) / matrix.library_sizes
    if factors is None:
        factors = np.ones(len(matrix.samples))
    return pd.DataFrame(
        {
            "sample": list(matrix.samples),
            "normalization": method,
            "library_size": matrix.library_sizes,
            "size_factor": factors,
            "effective_library_size": matrix.library_sizes * factors,
        }
    )
