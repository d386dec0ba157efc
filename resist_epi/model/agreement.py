"""How far results hang on the normalisation: the same test under several of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.background import MIN_ENRICHED, MIN_ENRICHMENT, fold_over_background
from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.model.differential import contrast_results
from resist_epi.model.differential import fit as fit_model
from resist_epi.model.efficiency import Disagreement, composition_disagreement, share_tests
from resist_epi.model.linear_models import FitOptions
from resist_epi.model.normalization import factors_table, normalize
from resist_epi.model.normalization_data import NormalizationInputs
from resist_epi.samples.design import Contrast, Design
from resist_epi.stats.multiple import benjamini_hochberg

logger = logging.getLogger(__name__)

REFERENCES = ("spike_in", "background")  # they keep a global change; the first that can be had

# TMM where the mark is: in most sets of regions, such as all promoters, the majority has none of
# it, and TMM over all of them would be background composition once more.
ENRICHED = "tmm_enriched"

IN_REGIONS = (ENRICHED, "tmm")

FEWEST = 3  # normalisations that are compared


@dataclass(frozen=True)
class Agreement:
    """One contrast under several normalisations.

    Attributes
    ----------
    table
        A row a normalisation and unit: `sample normalization library_size size_factor
        effective_library_size`, and of the normalisation as a whole `n_gain n_loss n_shared
        rank_correlation median_shift`, against the first one, which the results rest on.
    high_confidence
        (n_regions,) True where the region is called with one sign both by background composition
        (or spike-in) and by TMM where the mark is, at one false discovery rate for both together;
        NaN where one of the two cannot be had.
    sentence
        The table in words.
    warnings
        What speaks against trusting the headline normalisation, in words.
    disagreement
        Composition in regions against background, between the groups; None where not testable.
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
    def header(self) -> dict[str, str]:
        """Sentence and warnings, for the `#` lines of a table."""
        numbered = {f"warning {i}": w for i, w in enumerate(self.warnings, start=1)}
        return {"agreement": self.sentence, **numbered}


def normalized_variants(matrix: CountMatrix, inputs: NormalizationInputs) -> dict[str, CountMatrix]:
    """Normalise a matrix by three normalisations or more, its own first.

    These are spike-in or background composition where they can be had, TMM where the mark is
    (`tmm_enriched`: factors from the regions with at least 1.5 times the background's signal; over
    all regions where there is no background to compare with), and library size.
    """
    headline = str(matrix.metadata.get("normalization", "library_size"))
    found = {headline: matrix}
    available = {"spike_in": inputs.spike_in, "background": inputs.background}
    reference = [m for m in REFERENCES if available[m] is not None][:1]
    enriched = enriched_regions(matrix, inputs.background)
    if enriched is not None:
        source = replace(matrix.select(regions=enriched), offsets=None, size_factors=None)
        made = normalize(matrix, "tmm", factors_from=source)
        found[ENRICHED] = replace(made, metadata={**made.metadata, "normalization": ENRICHED})
    wanted = [*reference, *([] if enriched is not None else ["tmm"]), "library_size"]
    for method in [*wanted, "tmm", "reads_in_regions"]:
        if method in found or (method not in wanted and len(found) >= FEWEST):
            continue
        try:
            found[method] = normalize(matrix, method, inputs=inputs)
        except DesignError as error:
            logger.info("normalisation %s is not compared: %s", method, error)
    return found


def enriched_regions(
    matrix: CountMatrix, background: CountMatrix | None
) -> NDArray[np.bool_] | None:
    """(n_regions,) whether a region has the mark; None without background, or with too few."""
    if background is None:
        return None
    enriched = fold_over_background(matrix, background).mean(axis=1) >= MIN_ENRICHMENT
    return enriched if enriched.sum() >= MIN_ENRICHED else None


def compare_normalizations(
    matrix: CountMatrix,
    design: Design,
    contrast: Contrast,
    results: pd.DataFrame | None,
    *,
    inputs: NormalizationInputs,
    tested: NDArray[np.bool_],
    method: str,
    options: FitOptions | None = None,
    fdr: float = 0.05,
    lfc_threshold: float = 0.0,
) -> Agreement:
    """Test a contrast again under the other normalisations, and compare.

    Parameters
    ----------
    matrix
        Normalised as the results are, a column a unit.
    results
        Results under this normalisation; None where the design cannot be tested: then factors
        alone are compared.
    inputs
        Of the same units.
    tested, method, options, fdr, lfc_threshold
        What the results were made with.

    Raises
    ------
    DesignError
        As `differential.fit`.
    """
    normalized = normalized_variants(matrix, inputs)
    headline = next(iter(normalized))
    tables: dict[str, pd.DataFrame] = {}
    if results is not None:
        tables[headline] = results
        for other in list(normalized)[1:]:
            fitted = fit_model(
                normalized[other], design, method=method, tested=tested, options=options
            )
            tables[other] = contrast_results(
                fitted, contrast, design=design, fdr=fdr, lfc_threshold=lfc_threshold
            )
    table = pd.concat(
        [
            factors_table(m, name).assign(**_compared(tables, headline, name))
            for name, m in normalized.items()
        ],
        ignore_index=True,
    )
    disagreement = _disagreement(normalized, design, contrast)
    warnings = [] if disagreement is None else disagreement.warnings
    if inputs.top_share is not None:
        warnings = [*warnings, *share_tests(inputs.top_share, design, contrast)]
    sure = _high_confidence(tables, len(matrix.regions), fdr)
    return Agreement(
        table,
        sure,
        _in_words(tables, headline),
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
        from scipy.stats import spearmanr

        correlation = float(spearmanr(first["stat"][both], other["stat"][both]).statistic)
    shift = (other["log2FoldChange"] - first["log2FoldChange"])[both]
    return {
        "n_gain": int((theirs > 0).sum()),
        "n_loss": int((theirs < 0).sum()),
        "n_shared": int(((mine == theirs) & (mine != 0)).sum()),
        "rank_correlation": correlation,
        "median_shift": float(shift.median()) if len(shift) else np.nan,
    }


def _high_confidence(tables: Mapping[str, pd.DataFrame], n: int, fdr: float) -> NDArray[np.object_]:
    """Whether both assumptions call a region, with one sign and one false discovery rate for both.

    The larger of the two P, adjusted over all regions: where either assumption holds, it is a
    valid P of a region that does not change. The intersection of two lists would not do: a true
    call is easily lost from one of them, a false one seldom where the other assumption is wrong,
    so that false calls gather in it.
    """
    reference = next((m for m in REFERENCES if m in tables), None)
    in_regions = next((m for m in IN_REGIONS if m in tables), None)
    if reference is None or in_regions is None:
        return np.full(n, np.nan, dtype=object)
    one, other = tables[reference], tables[in_regions]
    change = [t["log2FoldChange"].to_numpy(np.float64) for t in (one, other)]
    p = np.maximum(one["pvalue"].to_numpy(np.float64), other["pvalue"].to_numpy(np.float64))
    p = np.where((np.sign(change[0]) == np.sign(change[1])) | np.isnan(p), p, 1.0)
    return np.asarray(benjamini_hochberg(p) <= fdr).astype(object)


def _disagreement(
    normalized: Mapping[str, CountMatrix], design: Design, contrast: Contrast
) -> Disagreement | None:
    reference = next((m for m in REFERENCES if m in normalized), None)
    in_regions = next((m for m in IN_REGIONS if m in normalized), None)
    if reference is None or in_regions is None:
        return None
    return composition_disagreement(
        normalized[in_regions].effective_library_sizes,
        normalized[reference].effective_library_sizes,
        design,
        contrast,
        reference=reference,
    )


def _in_words(tables: Mapping[str, pd.DataFrame], headline: str) -> str:
    if not tables:
        return "no test, so no calls to compare"
    signs = {name: _signs(table) for name, table in tables.items()}
    first = signs[headline]
    n = int((first != 0).sum())
    parts = [f"{n} regions differ under {headline}"]
    parts += [
        f"{_compared(tables, headline, name)['n_shared']:.0f} of them under {name} too, which calls"
        f" {int((s != 0).sum())} and shifts the median log2 fold change by"
        f" {_compared(tables, headline, name)['median_shift']:+.2f}"
        for name, s in signs.items()
        if name != headline
    ]
    everywhere = _everywhere(list(signs.values()))
    share = f" ({everywhere / n:.0%})" if n else ""
    return "; ".join(parts) + f"; {everywhere}{share} under all"


def _everywhere(signs: Sequence[NDArray[np.int64]]) -> int:
    same = np.all([s == signs[0] for s in signs], axis=0)
    return int((same & (signs[0] != 0)).sum())
