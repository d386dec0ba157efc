"""What was worked out of a matrix, kept as long as the matrix is there.

All kinds of regions of a mark are held against one matrix of background bins, which at hundreds of
libraries is the largest thing in memory: what is taken of it is taken once.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from resist_epi.counting.matrix import CountMatrix

T = TypeVar("T")


def remembered(function: Callable[..., T]) -> Callable[..., T]:
    """A function of a matrix, and of things that are compared by identity, that answers once each.

    The answer is kept with the matrix, and must not be changed. Nothing is kept of an error.

    Examples
    --------
    >>> import numpy as np
    >>> from resist_epi.genome.regions import bed_regions
    >>> places = bed_regions([("chr1", 0, 10)])
    >>> matrix = CountMatrix(np.ones((1, 1)), places, ("a",), "reads", np.ones(1))
    >>> asked = []
    >>> total = remembered(lambda matrix: asked.append(1) or float(matrix.values.sum()))
    >>> total(matrix), total(matrix), len(asked)
    (1.0, 1.0, 1)
    """
    # id of the matrix -> a reference that forgets it, and (other arguments, answer) pairs.
    known: dict[int, tuple[weakref.ref[CountMatrix], list[tuple[tuple[object, ...], T]]]] = {}

    @wraps(function)
    def asked(matrix: CountMatrix, *others: object) -> T:
        key = id(matrix)
        if key not in known:
            known[key] = (weakref.ref(matrix, lambda _: known.pop(key, None)), [])
        answers = known[key][1]
        for given, answer in answers:
            if len(given) == len(others) and all(
                a is b for a, b in zip(given, others, strict=True)
            ):
                return answer
        answer = function(matrix, *others)
        answers.append((others, answer))
        return answer

    return asked
