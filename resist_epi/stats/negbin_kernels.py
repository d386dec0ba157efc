"""Compiled row kernels of the negative binomial: fits, profile likelihoods, deviances.

Imported only where a count test runs, since numba compiles it on first use (and caches it).
Every kernel takes counts (n, s), log libraries `offset` and their exponentials `size`, of shape
(1, s) or (n, s). In a one-way layout, `order` sorts the samples by group and `bounds` holds the
groups' ends; a `bounds` of one element means a general design `X`.
"""

from __future__ import annotations

from math import exp, floor, inf, isfinite, lgamma, log, log1p

from numba import njit

_compiled = njit(cache=True, error_model="numpy")

_MAX_STEPS = 100
_TINY_COUNT = 1e-4  # an observed zero fitted below this counts as fitted exactly


@_compiled
def _fit_group(y, size, first, last, phi, mean, enough):  # type: ignore[no-untyped-def]
    """Mean per unit of library of samples first..last-1: Newton on the log scale, concave.

    Newton squares its error, so a step of `enough` leaves one of about its square.
    """
    for _ in range(_MAX_STEPS):
        score = 0.0
        curvature = 0.0
        for j in range(first, last):
            mu = mean * size[j]
            inverse = 1.0 / (1.0 + phi * mu)
            score += (y[j] - mu) * inverse
            curvature += mu * (1.0 + phi * y[j]) * inverse * inverse
        step = min(max(score / curvature, -5.0), 5.0)
        mean *= exp(step)
        if abs(step) < enough:
            break
    return mean


@_compiled
def _fit_groups(y, size, bounds, phi, means, mu, enough):  # type: ignore[no-untyped-def]
    """All groups of a row; `means` holds starts (0: none) and receives the answers."""
    for g in range(len(bounds) - 1):
        total = 0.0
        library = 0.0
        for j in range(bounds[g], bounds[g + 1]):
            total += y[j]
            library += size[j]
        if total <= 0.0:
            means[g] = 0.0
        else:
            start = means[g] if means[g] > 0.0 else total / library
            means[g] = _fit_group(y, size, bounds[g], bounds[g + 1], phi, start, enough)
        for j in range(bounds[g], bounds[g + 1]):
            mu[j] = means[g] * size[j]


@_compiled
def _gather(row, order, out):  # type: ignore[no-untyped-def]
    for j in range(len(order)):
        out[j] = row[order[j]]


@_compiled
def _solve(a, b, p):  # type: ignore[no-untyped-def]
    """Cholesky in place of the lower triangle of `a`, solution in `b`; half the log determinant.

    Pivots below 1e-10 count as 1e-10: directions that carry no information.
    """
    half = 0.0
    for i in range(p):
        for k in range(i + 1):
            s = a[i, k]
            for m in range(k):
                s -= a[i, m] * a[k, m]
            if i == k:
                s = max(s, 1e-10)
                half += 0.5 * log(s)
                a[i, i] = s**0.5
            else:
                a[i, k] = s / a[k, k]
    for i in range(p):
        s = b[i]
        for k in range(i):
            s -= a[i, k] * b[k]
        b[i] = s / a[i, i]
    for i in range(p - 1, -1, -1):
        s = b[i]
        for k in range(i + 1, p):
            s -= a[k, i] * b[k]
        b[i] = s / a[i, i]
    return half


@_compiled
def _half_deviance(y, mu, phi):  # type: ignore[no-untyped-def]
    """Minus the log likelihood up to terms free of mu; what a fit makes smaller."""
    total = 0.0
    for j in range(len(y)):
        if phi > 0.0:
            total += (y[j] + 1.0 / phi) * log1p(phi * mu[j])
        else:
            total += mu[j]
        if y[j] > 0.0:
            total -= y[j] * log(mu[j])
    return total


@_compiled
def _means(X, beta, offset, p, mu):  # type: ignore[no-untyped-def]
    for j in range(len(mu)):
        eta = offset[j]
        for c in range(p):
            eta += X[j, c] * beta[c]
        mu[j] = exp(min(eta, 700.0))


@_compiled
def _scored(y, X, p, phi, mu, a, b):  # type: ignore[no-untyped-def]
    """Fill `b` with the score and the lower triangle of `a` with the observed information."""
    for c in range(p):
        b[c] = 0.0
        for d in range(c + 1):
            a[c, d] = 0.0
    for j in range(len(y)):
        spread = 1.0 + phi * mu[j]
        pull = (y[j] - mu[j]) / spread
        weight = mu[j] * (1.0 + phi * y[j]) / (spread * spread)
        for c in range(p):
            b[c] += X[j, c] * pull
            for d in range(c + 1):
                a[c, d] += weight * X[j, c] * X[j, d]


@_compiled
def _halved(y, offset, X, p, phi, beta, mu, b, trial):  # type: ignore[no-untyped-def]
    """Take the step `trial`, halved until the likelihood rises; False if it never does."""
    value = _half_deviance(y, mu, phi)
    share = 1.0
    while share > 1e-8:
        for c in range(p):
            b[c] = beta[c] + share * trial[c]
        _means(X, b, offset, p, mu)
        new = _half_deviance(y, mu, phi)
        if isfinite(new) and new <= value:
            for c in range(p):
                beta[c] = b[c]
            return True
        share *= 0.5
    _means(X, beta, offset, p, mu)
    return False


@_compiled
def _fit_general(y, offset, X, p, phi, beta, mu, a, b, trial):  # type: ignore[no-untyped-def]
    """Any design: Newton's method, since the likelihood is concave in `beta`."""
    _means(X, beta, offset, p, mu)
    for _ in range(_MAX_STEPS):
        _scored(y, X, p, phi, mu, a, b)
        for c in range(p):
            trial[c] = b[c]
        _solve(a, trial, p)
        gain = 0.0
        for c in range(p):
            gain += b[c] * trial[c]
        if gain < 1e-2:
            # Close enough to the maximum for the full step to be safe; its error is gain squared.
            for c in range(p):
                beta[c] += trial[c]
            _means(X, beta, offset, p, mu)
            if gain < 1e-6:
                return
        elif not _halved(y, offset, X, p, phi, beta, mu, b, trial):
            return


@_compiled
def _unit_deviance(y, mu, phi):  # type: ignore[no-untyped-def]
    y += 1e-8
    mu += 1e-8
    if phi < 1e-4:
        rest = y - mu
        third = 1.0 + phi * (2.0 / 3.0 * rest - y)
        return 2.0 * (y * log(y / mu) - rest - 0.5 * rest * rest * phi * third)
    if mu * phi > 1e6:
        return 2.0 * ((y - mu) / mu - log(y / mu)) * mu / (1.0 + mu * phi)
    r = 1.0 / phi
    return 2.0 * (y * log(y / mu) + (y + r) * log((mu + r) / (y + r)))


@_compiled
def _start_general(y, size, p, beta, X_inverse):  # type: ignore[no-untyped-def]
    """Coefficients of the flat fit: projection of the common log mean on the design."""
    total = 0.0
    library = 0.0
    for j in range(len(y)):
        total += y[j]
        library += size[j]
    level = log(total / library)
    for c in range(p):
        beta[c] = 0.0
        for j in range(len(y)):
            beta[c] += X_inverse[c, j] * level


@_compiled
def fit_rows(  # type: ignore[no-untyped-def]
    counts, offset, size, X, X_inverse, order, bounds, scratch, square,
    phi, coefficients, deviance, smallest, exact,
):  # fmt: skip
    """Fit every row at its own dispersion.

    Fills coefficients (n, p) (log means of the groups in a one-way layout, -inf where a group
    holds zeros only), deviances (n,), smallest fitted mean (n,), and whether each observation is
    a zero fitted as zero (n, s). `scratch` (9, s) and `square` (p, p) are working space.
    """
    n, s = counts.shape
    n_groups = len(bounds) - 1
    p = n_groups if n_groups > 0 else X.shape[1]
    y, library, logs, mu, means = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    beta, b, trial = scratch[5], scratch[6], scratch[7]
    for i in range(n):
        k = i if offset.shape[0] > 1 else 0
        _gather(counts[i], order, y)
        _gather(size[k], order, library)
        total = 0.0
        for j in range(s):
            total += y[j]
        if total <= 0.0:
            for c in range(p):
                coefficients[i, c] = -inf
            for j in range(s):
                exact[i, j] = True
            deviance[i] = 0.0
            smallest[i] = 0.0
            continue
        if n_groups > 0:
            for g in range(n_groups):
                means[g] = 0.0
            _fit_groups(y, library, bounds, phi[i], means, mu, 3e-7)
            for g in range(n_groups):
                coefficients[i, g] = log(means[g]) if means[g] > 0.0 else -inf
        else:
            _gather(offset[k], order, logs)
            _start_general(y, library, p, beta, X_inverse)
            _fit_general(y, logs, X, p, phi[i], beta, mu, square, b, trial)
            for c in range(p):
                coefficients[i, c] = beta[c]
        total = 0.0
        low = inf
        for j in range(s):
            total += _unit_deviance(y[j], mu[j], phi[i])
            low = min(low, mu[j])
            exact[i, order[j]] = y[j] < _TINY_COUNT and mu[j] < _TINY_COUNT
        deviance[i] = total
        smallest[i] = low


@_compiled
def _log_rising(y, r, table):  # type: ignore[no-untyped-def]
    """Log gamma(y + r) - log gamma(r), from the table where y is a small whole number."""
    if y < len(table):
        whole = floor(y)
        if whole == y:
            return table[int(whole)]
    return lgamma(y + r) - lgamma(r)


@_compiled
def profile_rows(  # type: ignore[no-untyped-def]
    counts, offset, size, X, X_inverse, order, bounds, scratch, square,
    grid, log_grid, table, out,
):  # fmt: skip
    """Adjusted profile log likelihood of every row at every dispersion of the grid, (n, n_grid).

    Fills `out`, up to a constant of the row. `table` (n_grid, counts) has room for the logs of the
    rising factorials of whole numbers.
    """
    n, s = counts.shape
    n_groups = len(bounds) - 1
    p = n_groups if n_groups > 0 else X.shape[1]
    for t in range(len(grid)):
        r = 1.0 / grid[t]
        table[t, 0] = 0.0
        for k in range(1, table.shape[1]):
            table[t, k] = table[t, k - 1] + log(r + k - 1.0)
    y, library, logs, mu, means = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    beta, b, trial, log_mu = scratch[5], scratch[6], scratch[7], scratch[8]
    for i in range(n):
        k = i if offset.shape[0] > 1 else 0
        _gather(counts[i], order, y)
        _gather(size[k], order, library)
        _gather(offset[k], order, logs)
        for g in range(n_groups):
            means[g] = 0.0
        if n_groups == 0:
            _start_general(y, library, p, beta, X_inverse)
        for t in range(len(grid)):
            if n_groups > 0:
                _fit_groups(y, library, bounds, grid[t], means, mu, 2e-5)
                adjustment = _group_information(bounds, grid[t], mu)
                for g in range(n_groups):
                    level = log(means[g]) if means[g] > 0.0 else 0.0
                    for j in range(bounds[g], bounds[g + 1]):
                        log_mu[j] = level + logs[j]
            else:
                _fit_general(y, logs, X, p, grid[t], beta, mu, square, b, trial)
                adjustment = _log_information(X, p, grid[t], mu, square, b)
                for j in range(s):
                    log_mu[j] = log(max(mu[j], 1e-300))
            out[i, t] = _log_likelihood(y, mu, log_mu, grid[t], log_grid[t], table[t]) - adjustment


@_compiled
def _log_likelihood(y, mu, log_mu, phi, log_phi, table):  # type: ignore[no-untyped-def]
    r = 1.0 / phi
    total = 0.0
    for j in range(len(y)):
        total -= (y[j] + r) * log(1.0 + phi * mu[j])
        if y[j] > 0.0:
            total += _log_rising(y[j], r, table) + y[j] * (log_mu[j] + log_phi)
    return total


@_compiled
def _group_information(bounds, phi, mu):  # type: ignore[no-untyped-def]
    """Half the log determinant of the information of a one-way layout."""
    half = 0.0
    for g in range(len(bounds) - 1):
        information = 0.0
        for j in range(bounds[g], bounds[g + 1]):
            information += mu[j] / (1.0 + phi * mu[j])
        half += 0.5 * log(max(information, 1e-10))
    return half


@_compiled
def _log_information(X, p, phi, mu, a, b):  # type: ignore[no-untyped-def]
    for c in range(p):
        b[c] = 0.0
        for d in range(c + 1):
            a[c, d] = 0.0
    for j in range(len(mu)):
        weight = mu[j] / (1.0 + phi * mu[j])
        for c in range(p):
            for d in range(c + 1):
                a[c, d] += weight * X[j, c] * X[j, d]
    return _solve(a, b, p)


@_compiled
def maximize_rows(values, slopes, low, step, best_at):  # type: ignore[no-untyped-def]
    """Fill `best_at` with where the cubic spline through each row of (n, m) values is largest.

    `slopes` (m, m) turns values into first derivatives at the knots.
    """
    n, m = values.shape
    for i in range(n):
        row = values[i]
        k = 0
        for t in range(1, m):
            if row[t] > row[k]:
                k = t
        best, at = row[k], float(k)
        for left in range(max(k - 1, 0), min(k, m - 2) + 1):
            d0 = 0.0
            d1 = 0.0
            for t in range(m):
                d0 += slopes[left, t] * row[t]
                d1 += slopes[left + 1, t] * row[t]
            d0 *= step
            d1 *= step
            rise = row[left + 1] - row[left]
            # Hermite cubic on the unit interval: row + d0 u + c u^2 + e u^3
            c = 3.0 * rise - 2.0 * d0 - d1
            e = d0 + d1 - 2.0 * rise
            root = c * c - 3.0 * e * d0
            if root < 0.0:
                continue
            # The root with falling derivative, in the form without cancellation.
            q = -(c - root**0.5) if c < 0.0 else c + root**0.5
            above, below = (d0, q) if c < 0.0 else (-q, 3.0 * e)
            u = above / below if below != 0.0 else -1.0
            if 0.0 < u < 1.0:
                value = row[left] + u * (d0 + u * (c + u * e))
                if value > best:
                    best, at = value, left + u
        best_at[i] = low + step * at
