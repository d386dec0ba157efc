"""Design formulas: parsed into terms by a grammar of their own, never evaluated as code.

::

    formula  = ["~"] sum
    sum      = ["+" | "-"] product {("+" | "-") product}
    product  = cell {"*" cell}                 a * b is a + b + a:b
    cell     = power {":" power}
    power    = atom [("**" | "^") number]
    atom     = number | column | call | "(" sum ")"
    call     = function "(" column {"," [name "="] value} ")"
    value    = literal | "[" literal {"," literal} "]" | 'contr.treatment(' literal ')'
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any, NoReturn

from resist_epi.errors import DesignError, quoted
from resist_epi.samples.formula_functions import FUNCTIONS
from resist_epi.samples.terms import Factor, Formula, Literal, Term

_MAX_CHARACTERS = 10_000

_MAX_DEPTH = 20  # of brackets

_MAX_POWER = 10

_MAX_TERMS = 200

_MAX_FACTORS = 10  # of one term

_TREATMENT = "contr.treatment"

_CONSTANTS = {"True": True, "False": False, "None": None, "TRUE": True, "FALSE": False}

_TOKEN = re.compile(
    r"""\s+
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    | (?P<backticks>`[^`]+`)
    | (?P<word>[^\W\d]\w*(?:\.\w+)*)
    | (?P<string>"[^"\\]*"|'[^'\\]*')
    | (?P<mark>\*\*|[-+*:^()\[\],=~])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


_Terms = dict[frozenset[Factor], Term]

_ONE = Factor(number="1")


def parse_formula(text: str, column: Callable[[str], str]) -> Formula:
    """Understand a formula.

    Parameters
    ----------
    text
        Right-hand side in Wilkinson's notation, with or without `~`.
    column
        Name -> the sheet's spelling of it; raises where the sheet has no such column.

    Raises
    ------
    DesignError
        If it is no such formula; the message names the part that is not understood.
    """
    return _Parser(str(text), column).formula()


class _Parser:
    """Goes through the tokens of one formula from left to right."""

    def __init__(self, text: str, column: Callable[[str], str]) -> None:
        self._text, self._column = text, column
        self._spelled: list[tuple[_Token, str]] = []
        self._depth = 0
        if len(text) > _MAX_CHARACTERS:
            self._refuse(f"it has {len(text)} characters; expected at most {_MAX_CHARACTERS}")
        self._tokens = list(self._tokenize())
        self._at = 0

    def _refuse(self, problem: str, token: _Token | None = None) -> NoReturn:
        where = ""
        if token is not None:
            where = f" at {quoted(token.text)} (character {token.start + 1})" if token.text else ""
        raise DesignError(
            f"the design {quoted(self._text)} cannot be parsed: {problem}{where};"
            " expected something like '~ Batch + Condition', of columns, numbers, + - : * ^ ( )"
            f" and {'() '.join(FUNCTIONS)}() of a column"
        )

    def _tokenize(self) -> Iterable[_Token]:
        at = 0
        while at < len(self._text):
            found = _TOKEN.match(self._text, at)
            if found is None:
                rest = self._text[at:]
                self._refuse("this is no part of a formula", _Token("", rest, at, len(self._text)))
            if found.lastgroup is not None:
                yield _Token(found.lastgroup, found.group(), *found.span())
            at = found.end()
        yield _Token("end", "", at, at)

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, *texts: str) -> _Token | None:
        """The next token, if it is one of these marks."""
        token = self._next
        if token.kind != "mark" or token.text not in texts:
            return None
        self._at += 1
        return token

    def _need(self, text: str) -> None:
        if self._take(text) is None:
            if self._next.kind == "end":
                self._refuse(f"it ends where {text!r} is missing")
            self._refuse(f"{text!r} is missing", self._next)

    def formula(self) -> Formula:
        self._take("~")
        if self._next.kind == "end":
            self._refuse("nothing stands in it")
        terms = self._sum()
        if self._next.kind != "end":
            self._refuse("this was not expected here", self._next)
        self._check_numbers(terms.values())
        if not terms:
            self._refuse("nothing is left of it, not even the intercept")
        text = self._text
        for token, name in reversed(self._spelled):
            quoted_name = f"`{name}`" if token.kind == "backticks" else name
            text = text[: token.start] + quoted_name + text[token.end :]
        return Formula(text, tuple(terms.values()))

    def _check_numbers(self, terms: Iterable[Term]) -> None:
        seen = set()
        for term in terms:
            rest = frozenset(f for f in term if not f.number)
            if not rest and term != (_ONE,):
                self._refuse(
                    f"the number {term[0].number} alone says nothing; expected 0 or 1, or a power"
                )
            if rest in seen:
                self._refuse("a term stands twice with different numbers")
            seen.add(rest)

    def _sum(self) -> _Terms:
        outermost = self._depth == 0
        terms: _Terms = {frozenset([_ONE]): (_ONE,)} if outermost else {}
        first = True
        while first or self._next.text in ("+", "-"):
            plus = True
            while (sign := self._take("+", "-")) is not None:
                plus ^= sign.text == "-"
            first, token = False, self._next
            found = self._product()
            if found == {frozenset([_ZERO]): (_ZERO,)}:
                plus, found = not plus, {frozenset([_ONE]): (_ONE,)}
            elif any(_ZERO in term for term in found.values()):
                self._refuse("0 can only stand alone, as in ~ 0 + Condition", token)
            if not plus and not outermost and frozenset([_ONE]) in found:
                self._refuse("0 + and - 1 belong outside of brackets", token)
            if plus:
                terms |= {key: term for key, term in found.items() if key not in terms}
            else:
                terms = {key: term for key, term in terms.items() if key not in found}
            self._bound(terms)
        return terms

    def _bound(self, terms: _Terms) -> _Terms:
        if len(terms) > _MAX_TERMS:
            self._refuse(f"it has more than {_MAX_TERMS} terms")
        return terms

    def _times(self, left: _Terms, right: _Terms) -> _Terms:
        if len(left) * len(right) > _MAX_TERMS**2:
            self._refuse(f"it has more than {_MAX_TERMS} terms")
        terms: _Terms = {}
        for a, b in product(left.values(), right.values()):
            term = tuple(dict.fromkeys((*a, *b)))
            if len(term) > _MAX_FACTORS:
                self._refuse(f"a term has more than {_MAX_FACTORS} factors")
            terms.setdefault(frozenset(term), term)
        return self._bound(terms)

    def _product(self) -> _Terms:
        left = self._cell()
        while self._take("*") is not None:
            right = self._cell()
            both = self._times(left, right)
            left = self._bound(left | {k: t for k, t in right.items() if k not in left})
            left = self._bound(left | {k: t for k, t in both.items() if k not in left})
        return left

    def _cell(self) -> _Terms:
        left = self._power()
        while self._take(":") is not None:
            left = self._times(left, self._power())
        return left

    def _power(self) -> _Terms:
        base = self._atom()
        if self._take("**", "^") is None:
            return base
        token = self._next
        self._at += token.kind == "number"
        power = int(token.text) if re.fullmatch(r"\d{1,9}", token.text) else 0
        if not 1 <= power <= _MAX_POWER:
            self._refuse(f"a power must be a whole number from 1 to {_MAX_POWER}", token)
        terms = base
        for _ in range(power - 1):
            terms = self._times(terms, base)
        return terms

    def _atom(self) -> _Terms:
        token = self._next
        if self._take("(") is not None:
            self._depth += 1
            if self._depth > _MAX_DEPTH:
                self._refuse(f"it has more than {_MAX_DEPTH} brackets in one another")
            terms = self._sum()
            self._depth -= 1
            self._need(")")
            return terms
        if token.kind == "end":
            self._refuse("it ends where a column is missing")
        if token.kind not in ("number", "word", "backticks"):
            self._refuse("expected a column", token)
        self._at += 1
        if token.kind == "number":
            if not math.isfinite(float(token.text)) or len(token.text) > 30:
                self._refuse("the number is too large", token)
            factor = Factor(number=token.text.lstrip("0") or "0")
        elif token.kind == "word" and self._next.text == "(" and self._next.kind == "mark":
            factor = self._call(token)
        else:
            factor = Factor(column=self._spell(token))
        return {frozenset([factor]): (factor,)}

    def _spell(self, token: _Token) -> str:
        name = self._column(token.text.strip("`"))
        self._spelled.append((token, name))
        return name

    def _call(self, function: _Token) -> Factor:
        if function.text not in FUNCTIONS:
            self._refuse(f"there is no function {quoted(function.text)}", function)
        self._need("(")
        column = self._next
        if column.kind not in ("word", "backticks"):
            self._refuse(f"{function.text}() is of a column", column)
        self._at += 1
        if self._next.text == "(":
            self._refuse(f"{function.text}() is of a column, not of a function", column)
        name = self._spell(column)
        arguments: dict[str, tuple[str, Literal]] = {}
        known = list(FUNCTIONS[function.text])
        while self._take(",") is not None:
            token, after = self._next, self._tokens[min(self._at + 1, len(self._tokens) - 1)]
            named = token.kind == "word" and after.text == "=" and after.kind == "mark"
            if named:
                self._at += 2
            positional = known[len(arguments)] if len(arguments) < len(known) else ""
            argument = token.text if named else positional
            if argument not in known or argument in arguments:
                self._refuse(f"{function.text}() has no such argument", token)
            if not named and any(n for n, _ in arguments.values()):
                self._refuse("an argument without a name stands behind one with a name", token)
            value = self._value(function.text == "C" and argument == "contrasts")
            takes = FUNCTIONS[function.text][argument]
            if not takes.fits(value.value):
                self._refuse(f"{argument} must be {takes.expected}", token)
            arguments[argument] = (token.text if named else "", value)
        self._need(")")
        return Factor(column=name, function=function.text, arguments=tuple(arguments.values()))

    def _value(self, contrasts: bool) -> Literal:
        token = self._next
        if contrasts:
            if token.text != _TREATMENT:
                self._refuse(f'expected {_TREATMENT}("level")', token)
            self._at += 1
            self._need("(")
            written = f"{_TREATMENT}("
            if self._next.text == "base" and self._next.kind == "word":
                self._at += 1
                self._need("=")
                written += "base="
            value = self._literal()
            self._need(")")
            return Literal(value, written)
        if self._take("[") is None:
            return Literal(self._literal())
        values = [self._literal()]
        while self._take(",") is not None:
            values.append(self._literal())
            if len(values) > _MAX_TERMS:
                self._refuse(f"a list has more than {_MAX_TERMS} values", token)
        self._need("]")
        return Literal(tuple(values))

    def _literal(self) -> Any:
        sign = -1 if self._take("-") is not None else 1
        token = self._next
        self._at += token.kind != "end"
        if token.kind == "number" and len(token.text) <= 30:
            number = float(token.text)
            whole = re.fullmatch(r"\d+", token.text)
            if math.isfinite(number):
                return sign * (int(token.text) if whole else number)
        if sign == 1 and token.kind == "string":
            return token.text[1:-1]
        if sign == 1 and token.kind == "word" and token.text in _CONSTANTS:
            return _CONSTANTS[token.text]
        self._refuse("expected a number or a word in quotes", token)


_ZERO = Factor(number="0")
