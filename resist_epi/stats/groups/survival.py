"""Censored time to an event against each region's signal: Cox score tests, all regions at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.groups.exchange import exchange_pvalues
from resist_epi.stats.linear.least_squares import row_blocks

_STEPS = 25

_ENOUGH = 1e-18  # gain in log likelihood below which a step is the last

_STEEPEST = 30.0  # log hazard ratio across the range of a region, beyond which it has no maximum


@dataclass(frozen=True)
class CoxTests:
    """One test a region, each array of shape (n_regions,); NaN where the signal does not vary.

    Attributes
    ----------
    log_hazard_ratio
        Natural log, per unit of the signal (per doubling, where that is log2): positive means
        earlier events. NaN where the likelihood has no maximum.
    standard_error
        Of `log_hazard_ratio`, from the information at the maximum.
    statistic
        Signed root of the score statistic.
    pvalue
        Two-sided, from the score test; the tail is the one that was asked for.
    n_events, n_samples
        Events seen and samples used, the same for all regions.
    """

    log_hazard_ratio: FloatArray
    standard_error: FloatArray
    statistic: FloatArray
    pvalue: FloatArray
    n_events: int
    n_samples: int


@dataclass(frozen=True)
class _Risk:
    """Who is at risk at each event.

    `at_risk` (n_samples, n_events) holds each sample's share in the risk set of each event (below
    1 among tied events, after Efron); `event` (n_samples,) is 1 where it happened.
    """

    at_risk: FloatArray
    event: FloatArray


def cox_score_tests(
    values: npt.ArrayLike,
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    *,
    covariates: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
    ties: str = "efron",
    tail: str = "normal",
    estimate: bool = True,
) -> CoxTests:
    """Score test of each region's signal in a proportional-hazards model.

    Score and information of the model without the signal are the same for all regions, so each
    test is a quadratic form; only the hazard ratios need iterations, of all regions together.

    Parameters
    ----------
    values
        Signal, usually log2, shape (n_regions, n_samples); regions with NaN give NaN.
    time
        Time to the event or to censoring, > 0, any unit, shape (n_samples,).
    event
        1 where the event happened, 0 where the time is censored, shape (n_samples,).
    covariates
        Adjusted for, shape (n_samples, n_covariates), without an intercept.
    strata
        Labels of groups with baseline hazards of their own, shape (n_samples,).
    ties
        "efron" or "breslow".
    tail
        Of P: "normal", as the statistic has it for many events, or "exchange": were the signal,
        less what goes with the covariates, exchanged among the samples of a stratum
        (`exchange_pvalues`), which holds for skewed signal and few events too.
    estimate
        Whether to find the hazard ratios as well.

    Raises
    ------
    DesignError
        Shapes that do not fit, times that are not positive, events that are not 0 or 1, no event,
        covariates that are aliased or that separate the events perfectly.

    References
    ----------
    Cox (1972) J. R. Stat. Soc. B 34:187; Efron (1977) J. Am. Stat. Assoc. 72:557 (ties); Therneau
    & Grambsch (2000) Modeling Survival Data, chapter 3.
    """
    signal = np.asarray(values, dtype=np.float64)
    if signal.ndim != 2:
        raise DesignError(f"the signal must be regions x samples; found shape {signal.shape}")
    if tail not in {"normal", "exchange"}:
        raise DesignError(f"the tail is 'normal' or 'exchange'; found {tail!r}")
    risk = _risk(time, event, strata, ties, signal.shape[1])
    adjust = _covariates(covariates, signal.shape[1])
    gamma = _null_fit(adjust, risk)
    weights = np.exp(adjust @ gamma)
    shares = risk.at_risk * weights[:, None]
    shares /= shares.sum(axis=0)
    # Score = values . martingale residuals; information = the quadratic form in `spread`.
    residual = risk.event - shares.sum(axis=1)
    spread = np.diag(shares.sum(axis=1)) - shares @ shares.T
    own = np.eye(signal.shape[1])  # takes from a signal what goes with the covariates
    if adjust.shape[1]:
        inner = adjust.T @ spread @ adjust
        cross = spread @ adjust
        own -= np.linalg.solve(inner, cross.T).T @ adjust.T
        spread = spread - cross @ np.linalg.solve(inner, cross.T)
    n = len(signal)
    statistic, ratio, error = np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
    for rows in row_blocks(n):
        x = signal[rows] - signal[rows].mean(axis=1, keepdims=True)
        size = (x * x).sum(axis=1)
        information = ((x @ spread) * x).sum(axis=1)
        varies = information > 1e-12 * size
        np.divide(
            x @ residual,
            np.sqrt(np.where(varies, information, 1.0)),
            out=statistic[rows],
            where=varies,
        )
        if estimate:
            index = np.flatnonzero(varies) + rows.start
            one_step = (x @ residual)[varies] / information[varies]
            ratio[index], error[index] = _maximise(x[varies], adjust, one_step, gamma, risk)
    pvalue = 2 * special.ndtr(-np.abs(statistic))
    if tail == "exchange":
        varies = np.isfinite(statistic)
        left = signal[varies] - signal[varies].mean(axis=1, keepdims=True)
        pvalue[varies] = exchange_pvalues(left @ own, residual, strata=strata)
    return CoxTests(ratio, error, statistic, pvalue, int(risk.event.sum()), signal.shape[1])


def _risk(
    time: npt.ArrayLike, event: npt.ArrayLike, strata: npt.ArrayLike | None, ties: str, n: int
) -> _Risk:
    if ties not in {"efron", "breslow"}:
        raise DesignError(f"ties are handled by 'efron' or 'breslow'; found {ties!r}")
    times, events = np.asarray(time, dtype=np.float64), np.asarray(event, dtype=np.float64)
    label = np.zeros(n, dtype=np.intp)
    if strata is not None:
        label = np.unique(np.asarray(strata), return_inverse=True)[1].reshape(-1)
    if times.shape != (n,) or events.shape != (n,) or label.shape != (n,):
        raise DesignError(f"times, events and strata must have one entry for each of {n} samples")
    if not (np.isfinite(times) & (times > 0)).all():
        raise DesignError("times must be positive; drop samples without follow-up first")
    if not np.isin(events, (0, 1)).all():
        raise DesignError("events must be 1 (happened) or 0 (censored)")
    if not events.any():
        raise DesignError("no event happened: nothing can be said about hazards")
    columns = []
    for stratum, moment in np.unique(np.column_stack([label, times])[events == 1], axis=0):
        present = (label == stratum) & (times >= moment)
        dying = present & (times == moment) & (events == 1)
        d = int(dying.sum())
        for k in range(d):
            share = k / d if ties == "efron" else 0.0
            columns.append(present - share * dying)
    return _Risk(np.column_stack(columns).astype(np.float64), events)


def _covariates(covariates: npt.ArrayLike | None, n: int) -> FloatArray:
    if covariates is None:
        return np.zeros((n, 0))
    z = np.asarray(covariates, dtype=np.float64)
    z = z[:, None] if z.ndim == 1 else z
    if z.shape[0] != n or not np.isfinite(z).all():
        raise DesignError(f"covariates need a finite row for each of {n} samples: {z.shape}")
    centred = z - z.mean(axis=0)
    if np.linalg.matrix_rank(centred) < z.shape[1]:
        raise DesignError("covariates are constant or depend on one another; drop some")
    return np.asarray(centred)


def _null_fit(adjust: FloatArray, risk: _Risk) -> FloatArray:
    """Coefficients of the covariates alone."""
    q = adjust.shape[1]
    gamma = np.zeros(q)
    if q == 0:
        return gamma
    columns = [adjust[None, :, k] for k in range(q)]
    fitted, _, good = _newton(columns, np.zeros((1, q)), risk)
    if not good[0]:
        raise DesignError("the covariates separate events from censored samples perfectly")
    return np.asarray(fitted[0])


def _maximise(
    x: FloatArray, adjust: FloatArray, one_step: FloatArray, gamma: FloatArray, risk: _Risk
) -> tuple[FloatArray, FloatArray]:
    """Log hazard ratio of each region beside the covariates, and its standard error.

    Starts from the first step of scoring, `one_step`, and the covariates' own fit.
    """
    # In units of its own spread each region starts on the same footing.
    scale = np.sqrt((x * x).mean(axis=1))
    columns = [x / scale[:, None], *(adjust[None, :, k] for k in range(len(gamma)))]
    start = np.zeros((len(x), 1 + len(gamma)))
    start[:, 0] = np.clip(one_step * scale, -2, 2)
    start[:, 1:] = gamma
    fitted, covariance, good = _newton(columns, start, risk)
    ratio = np.where(good, fitted[:, 0] / scale, np.nan)
    with np.errstate(invalid="ignore"):
        error = np.where(good, np.sqrt(covariance[:, 0, 0]) / scale, np.nan)
    return ratio, error


def _newton(
    columns: list[FloatArray], start: FloatArray, risk: _Risk
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Maximise the partial likelihood of many regions; coefficients, covariances, success."""
    beta = start.copy()
    n, p = beta.shape
    likelihood, score, information = _partial(columns, beta, risk)
    active = np.ones(n, dtype=bool)
    for _ in range(_STEPS):
        step = np.zeros_like(beta)
        step[active] = _solve(information[active], score[active])
        decrement = (step * score).sum(axis=1)
        last = active & (decrement <= _ENOUGH)
        beta[last] += step[last]
        active &= ~last
        if not active.any():
            break
        rows = np.flatnonzero(active)
        share = np.ones(len(rows))
        part = [c[rows] if len(c) == n else c for c in columns]
        for _half in range(30):
            trial = beta[rows] + share[:, None] * step[rows]
            new = _partial(part, trial, risk)
            worse = ~(new[0] >= likelihood[rows] - 1e-12 * np.abs(likelihood[rows]))
            if not worse.any():
                break
            share[worse] *= 0.5
        beta[rows], likelihood[rows] = trial, new[0]
        score[rows], information[rows] = new[1], new[2]
        active[rows[np.abs(trial).max(axis=1) > _STEEPEST]] = False
    good = np.abs(beta).max(axis=1, initial=0) <= _STEEPEST
    covariance = np.full((n, p, p), np.nan)
    covariance[good] = np.linalg.inv(information[good])
    return beta, covariance, good & ~active


def _solve(information: FloatArray, score: FloatArray) -> FloatArray:
    if score.shape[1] == 1:
        return np.asarray(score / information[:, 0])
    return np.asarray(np.linalg.solve(information, score[:, :, None])[:, :, 0])


def _partial(
    columns: list[FloatArray], beta: FloatArray, risk: _Risk
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log partial likelihood (n,), score (n, p) and information (n, p, p)."""
    n, p = beta.shape
    eta = np.zeros((n, len(risk.event)))
    for k, column in enumerate(columns):
        eta += beta[:, k, None] * column
    np.clip(eta, -500, 500, out=eta)
    weight = np.exp(eta)
    total = weight @ risk.at_risk
    likelihood = eta @ risk.event - np.log(total).sum(axis=1)
    weighted = [weight * column for column in columns]
    means = [w @ risk.at_risk / total for w in weighted]
    score = np.empty((n, p))
    information = np.empty((n, p, p))
    for k in range(p):
        score[:, k] = np.broadcast_to(columns[k] @ risk.event, n) - means[k].sum(axis=1)
        for m in range(k + 1):
            both = (weighted[k] * columns[m]) @ risk.at_risk / total
            value = (both - means[k] * means[m]).sum(axis=1)
            information[:, k, m] = information[:, m, k] = value
    return likelihood, score, information
