"""Words that must stay on the page, each explained where it first stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup

# As it stands on the page -> what it means to somebody who knows the field.
TERMS: dict[str, str] = {
    "false discovery rate": "the expected share of false ones among all that are called",
    "high confidence": "called the same way under two opposed assumptions: that the background is"
    " equal in all samples, and that most regions with the mark do not change; it is about"
    " normalisation alone",
    "with signs stated in advance": "for each mechanism and mark a gain, a loss or neither was"
    " written down before any data were seen",
    "switch": "a gene that gains the repressive and loses the active mark, or the reverse; tested"
    " for both marks at once",
    "locus": "a run of neighbouring regions that go up and down together across the units",
    "loci": "runs of neighbouring regions that go up and down together across the units",
    "spike-in": "chromatin of another species, added in a fixed amount, by which a change of the"
    " whole mark can be seen",
    "background": "bins of the genome without the mark, taken to be alike in all samples",
    "normalisations": "ways to make tracks comparable, each with its own assumption",
    "hidden factor": "a pattern that units share over most of the genome and that no column of the"
    " sheet names, as an unknown batch",
    "log2 fold change": "1 is a doubling, −1 a halving",
    "adjusted P": "P corrected for the number of tests: regions with at most the stated value are"
    " called",
    "s-value": "the expected share of wrong signs among the regions that have at most this one",
    "shrunken": "drawn towards 0 as far as its own uncertainty asks for, so that noise does not"
    " look large",
    "matched sets": "random sets of genes like these in signal, length and CpG island",
    "carries": "is called by itself, and so stands behind the change of its set",
    "biological unit": "a patient, animal or culture; its libraries are merged before a test",
}


# Options, commands and files of a run: what a reader types or opens, and no line breaks in.
_AS_TYPED = re.compile(r"(?<![\w-])--[a-z][a-z-]+|resist-epi [a-z]+|(?<!\w)\w+\.(?:xml|tsv|yaml)\b")


class Glossary:
    """Marks the first place of every word on one page."""

    def __init__(self) -> None:
        self._left = dict(TERMS)

    def mark(self, text: str) -> Markup:
        """The text, escaped, each word in it that was not explained yet with its meaning.

        A word is reached by the keyboard, and its meaning shown when it has the focus. Options and
        files stand as code.
        """
        from markupsafe import Markup, escape

        spans = [(*found.span(), "") for found in _AS_TYPED.finditer(text)]
        for term in sorted(self._left, key=len, reverse=True):
            found = re.search(rf"(?<![\w-]){re.escape(term)}(?![\w-])", text, flags=re.IGNORECASE)
            if found and not any(a < found.end() and found.start() < b for a, b, _ in spans):
                spans.append((*found.span(), term))
        made, at = Markup(), 0
        for start, end, term in sorted(spans):
            made += escape(text[at:start])
            if term:
                tag = '<dfn tabindex="0" title="{}">{}</dfn>'
                made += Markup(tag).format(self._left.pop(term), text[start:end])
            else:
                made += Markup("<code>{}</code>").format(text[start:end])
            at = end
        return made + escape(text[at:])
