"""How far results hang on the normalisation: the same test under several of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.background import MIN_ENRICHED, MIN_ENRICHMENT, fold_over_background
from resist_epi.counting.matrix import CountMatrix, log_divisors
from resist_epi.errors import DesignError
from resist_epi.model.analysis import Analysis
from resist_epi.model.confident import ENRICHED, ROUNDS, high_confidence, opposed
from resist_epi.model.differential import contrast_results
from resist_epi.model.differential import fit as fit_model
from resist_epi.model.efficiency import Disagreement, composition_disagreement, share_tests
from resist_epi.model.fit import Fit
from resist_epi.model.known import Known, find_controls, known_in_words
from resist_epi.model.normalization import (
    METHODS,
    compared_as,
    factors_table,
    normalize,
    references,
    titles,
)
from resist_epi.model.normalization_data import NormalizationInputs
from resist_epi.stats.literature import Reference
from resist_epi.stats.ranks import spearman

logger = logging.getLogger(__name__)

TITLES = {ENRICHED: "TMM where the mark is"}

# In sentences, where there is more room than in a figure.
WORDS = {ROUNDS: "TMM of the regions that seem unchanged"}

FEWEST = 3  # normalisations that are compared


@dataclass(frozen=True)
class Agreement:
    """One contrast under several normalisations.

    Attributes
    ----------
    table
        A row a normalisation and unit: `sample normalization library_size size_factor
        effective_library_size`, and of the normalisation as a whole `n_gain n_loss n_shared
        rank_correlation median_shift`, against the first one, which the results rest on; where
        directions are known those of `known.COLUMNS`.
    high_confidence
        (n_regions,) True where the region is called with one sign both by background composition
        (or spike-in) and where the mark is, by rounds of TMM or, where these do not hold, by TMM,
        at one false discovery rate for both together; NaN where one of the two cannot be had.
    sentence
        The table in words.
    warnings
        What speaks against trusting the headline normalisation, in words.
    disagreement
        Composition in regions against background, between the groups; None where one of them
        cannot be had.
    calls
        Which normalisations call how many regions together, with one sign: a column of 0 and 1 a
        normalisation, then `n_regions n_high_confidence`, most regions first.
    """

    table: pd.DataFrame
    high_confidence: NDArray[np.object_]
    sentence: str
    warnings: tuple[str, ...]
    disagreement: Disagreement | None
    calls: pd.DataFrame

    @property
    def header(self) -> dict[str, Any]:
        """Sentence and warnings, for the `#` lines of a table."""
        said: dict[str, Any] = {"agreement": self.sentence}
        return said | ({"warnings": list(self.warnings)} if self.warnings else {})


def normalized_variants(matrix: CountMatrix, inputs: NormalizationInputs) -> dict[str, CountMatrix]:
    """Normalise a matrix by three normalisations or more, its own first.

    These are spike-in or background composition where they can be had, TMM where the mark is
    (`tmm_enriched`: factors from the regions with at least 1.5 times the background's signal; over
    all regions where there is no background to compare with), its rounds over the same regions, and
    library size.
    """
    headline = str(matrix.metadata.get("normalization", "library_size"))
    found = {headline: matrix}
    reference = references(inputs)[:1]
    enriched, source = enriched_regions(matrix, inputs.background), None
    if enriched is not None:
        source = replace(matrix.select(regions=enriched), offsets=None, size_factors=None)
        try:
            made = normalize(matrix, "tmm", factors_from=source)
        except DesignError as error:
            logger.info("normalisation %s is not compared: %s", ENRICHED, error)
        else:
            found[ENRICHED] = replace(made, metadata={**made.metadata, "normalization": ENRICHED})
    regions = compared_as("regions")
    wanted = [*reference, *([] if ENRICHED in found else regions), *compared_as("always")]
    for method in [*wanted, *regions, *compared_as("spare")]:
        if method in found or (method not in wanted and len(found) >= FEWEST):
            continue
        try:
            where = source if method == ROUNDS else None
            found[method] = normalize(matrix, method, inputs=inputs, factors_from=where)
        except DesignError as error:
            logger.info("normalisation %s is not compared: %s", method, error)
    return found


def titles_compared() -> dict[str, str]:
    """Normalisation -> its name in figures, where it has one of its own."""
    return titles() | TITLES


def enriched_regions(
    matrix: CountMatrix, background: CountMatrix | None
) -> NDArray[np.bool_] | None:
    """(n_regions,) whether a region has the mark; None without background, or with too few."""
    if background is None:
        return None
    enriched = fold_over_background(matrix, background).mean(axis=1) >= MIN_ENRICHMENT
    return enriched if enriched.sum() >= MIN_ENRICHED else None


@dataclass(frozen=True)
class Variants:
    """`normalized_variants` of a matrix, and the fits of all but the first; none without a test."""

    matrices: Mapping[str, CountMatrix]
    fits: Mapping[str, Fit]


def shared_variants(analyses: Sequence[Analysis]) -> Variants | None:
    """What comparisons of several contrasts of one fit share; None for one, made as it is used."""
    if len(analyses) < 2:
        return None
    matrices = normalized_variants(analyses[0].matrix, analyses[0].inputs)
    tested = [a for a in analyses if a.tested]
    others = list(matrices)[1:] if tested else []
    return Variants(matrices, {m: refitted(tested[0], matrices[m]) for m in others})


def refitted(analysis: Analysis, matrix: CountMatrix) -> Fit:
    """The fit of the same design to another normalisation."""
    return fit_model(
        matrix,
        analysis.design,
        method=analysis.fit.method,
        tested=analysis.fit.tested,
        options=analysis.options,
    )


def with_agreement(
    analysis: Analysis, known: Known | None = None, *, variants: Variants | None = None
) -> tuple[Analysis, Agreement]:
    """Ask an analysis's question under other normalisations too.

    Parameters
    ----------
    known
        Genes or regions of known direction, which each normalisation is held against.
    variants
        Of its fit, where they were made for several contrasts.

    Returns
    -------
    tuple
        The analysis, its results with a column `high_confidence`, sentence and warnings in its
        header; and the comparison.
    """
    found = compare_normalizations(analysis, known, variants=variants)
    results = analysis.results.assign(high_confidence=found.high_confidence)
    return analysis.with_more(results, header=found.header), found


def with_agreement_where_known(analysis: Analysis, known: Known | None = None) -> Analysis:
    """As `with_agreement` where spike-in or background can be had, and say what they warn of.

    Also where directions are known. Where nothing of this is there, other normalisations are of the
    same regions and the analysis stays as it is.
    """
    if not references(analysis.inputs) and known is None:
        return analysis
    found, agreement = with_agreement(analysis, known)
    for warning in agreement.warnings:
        logger.warning("%s", warning)
    return found


def compare_normalizations(
    analysis: Analysis, known: Known | None = None, *, variants: Variants | None = None
) -> Agreement:
    """Test a contrast again under the other normalisations, and compare.

    Level and threshold are those of the question. Where the design cannot be tested, factors alone
    are compared.
    """
    design, contrast, question = analysis.design, analysis.contrast, analysis.question
    if known is not None:
        known = known.of_mark(str(analysis.units.table["Factor"].iloc[0]))
    controls = None if known is None else find_controls(known, analysis.matrix.regions)
    made = variants or Variants(normalized_variants(analysis.matrix, analysis.inputs), {})
    normalized, fits = made.matrices, made.fits
    headline = next(iter(normalized))
    tables = {headline: analysis.results} if analysis.tested else {}
    for other in list(normalized)[1:] if analysis.tested else ():
        fitted = fits[other] if other in fits else refitted(analysis, normalized[other])
        tables[other] = contrast_results(
            fitted,
            contrast,
            fdr=question.fdr,
            lfc_threshold=question.lfc_threshold,
            shrunken=False,
        )
    judged = {} if controls is None else {n: controls.judge(t) for n, t in tables.items()}
    against = {name: _compared(tables, headline, name) for name in normalized}
    table = pd.concat(
        [
            factors_table(m, name).assign(**against[name], **judged.get(name, {}))
            for name, m in normalized.items()
        ],
        ignore_index=True,
    )
    disagreement = _disagreement(normalized, analysis)
    warnings = [] if disagreement is None else disagreement.warnings
    if not warnings:
        warnings = _headline_warnings(normalized, analysis)
    if analysis.inputs.top_share is not None:
        warnings = [*warnings, *share_tests(analysis.inputs.top_share, design, contrast)]
    said = [known_in_words(judged, controls.note)] if controls is not None and judged else []
    sure = high_confidence(tables, analysis)
    return Agreement(
        table,
        sure,
        "; ".join([_in_words(tables, headline, against), *said]),
        tuple(warnings),
        disagreement,
        _together(tables, list(normalized), sure),
    )


def _together(
    tables: Mapping[str, pd.DataFrame], methods: Sequence[str], sure: NDArray[np.object_]
) -> pd.DataFrame:
    """Regions by the normalisations that call them; gain and loss of one region count apart."""
    columns = [*methods, "n_regions", "n_high_confidence"]
    if not tables:
        return pd.DataFrame(columns=columns, dtype=np.int64)
    sign = np.column_stack([_signs(tables[m]) for m in methods])
    called = np.vstack([sign > 0, sign < 0])
    frame = pd.DataFrame(called.astype(np.int64), columns=list(methods))
    frame["n_regions"] = 1
    frame["n_high_confidence"] = np.tile(sure == True, 2).astype(np.int64)  # noqa: E712 - or NaN
    counted = frame[called.any(axis=1)].groupby(list(methods)).sum().reset_index()
    if pd.isna(sure).all():  # nobody knows: that is not none
        counted["n_high_confidence"] = np.nan
    return counted.sort_values("n_regions", ascending=False, kind="stable", ignore_index=True)


def _signs(table: pd.DataFrame) -> NDArray[np.int64]:
    direction = table["direction"].to_numpy()
    return np.asarray((direction == "gain").astype(np.int64) - (direction == "loss"))


def _compared(tables: Mapping[str, pd.DataFrame], headline: str, name: str) -> dict[str, float]:
    if name not in tables:
        columns = ("n_gain", "n_loss", "n_shared", "rank_correlation", "median_shift")
        return dict.fromkeys(columns, np.nan)
    first, other = tables[headline], tables[name]
    mine, theirs = _signs(first), _signs(other)
    both = (first["stat"].notna() & other["stat"].notna()).to_numpy()
    correlation = np.nan
    if both.sum() > 2:
        correlation = spearman(first["stat"][both], other["stat"][both])
    shift = (other["log2FoldChange"] - first["log2FoldChange"])[both]
    return {
        "n_gain": int((theirs > 0).sum()),
        "n_loss": int((theirs < 0).sum()),
        "n_shared": int(((mine == theirs) & (mine != 0)).sum()),
        "rank_correlation": correlation,
        "median_shift": float(shift.median()) if len(shift) else np.nan,
    }


def _disagreement(normalized: Mapping[str, CountMatrix], analysis: Analysis) -> Disagreement | None:
    reference, in_regions = opposed(normalized, analysis.inputs)
    if reference is None or in_regions is None:
        return None
    return composition_disagreement(
        normalized[in_regions].effective_library_sizes,
        normalized[reference].effective_library_sizes,
        analysis.design,
        analysis.contrast,
        reference=reference,
        headline=next(iter(normalized)),
    )


def _headline_warnings(normalized: Mapping[str, CountMatrix], analysis: Analysis) -> list[str]:
    """What spike-in or background say of a normalisation that is neither they nor TMM."""
    headline, matrix = next(iter(normalized.items()))
    reference, in_regions = opposed(normalized, analysis.inputs)
    if reference is None or headline in (reference, in_regions):
        return []
    return composition_disagreement(
        np.exp(np.median(log_divisors(matrix), axis=0)),
        normalized[reference].effective_library_sizes,
        analysis.design,
        analysis.contrast,
        reference=reference,
        other=titles_compared().get(headline, headline),
        headline=headline,
    ).warnings


def _in_words(
    tables: Mapping[str, pd.DataFrame], headline: str, against: Mapping[str, Mapping[str, float]]
) -> str:
    if not tables:
        return "no test, so no calls to compare"
    signs = {name: _signs(table) for name, table in tables.items()}
    first = signs[headline]
    n = int((first != 0).sum())
    parts = [f"{n} regions differ under {named(headline)}"]
    parts += [
        f"{int((s != 0).sum())} under {named(name)},"
        f" {against[name]['n_shared']:.0f} of these {n} among them"
        f" ({_shift_in_words(against[name]['median_shift'])})"
        for name, s in signs.items()
        if name != headline
    ]
    same = np.all([s == first for s in signs.values()], axis=0)
    everywhere = int((same & (first != 0)).sum())
    share = f" ({everywhere / n:.0%})" if n else ""
    return "; ".join(parts) + f"; {everywhere}{share} under all, with one sign"


def in_words(method: str) -> str:
    """A normalisation as a sentence has it: `TMM where the mark is`."""
    return (titles_compared() | WORDS).get(method, method.replace("_", " "))


def papers(method: str) -> tuple[Reference, ...]:
    """What a methods paragraph cites of a normalisation that was compared."""
    record = METHODS.get("tmm" if method == ENRICHED else method)
    return () if record is None else record.references


def named(method: str) -> str:
    """The same, with the name that tables have for it where that is another one."""
    words = in_words(method)
    return words if words == method.replace("_", " ") else f"{words} ({method})"


def _shift_in_words(shift: float) -> str:
    if not np.isfinite(shift):
        return "no region tested in common"
    return f"median log2 fold change shifted by {shift:+.2f}"
