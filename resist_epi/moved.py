"""Import paths that the documentation of 0.1.0 showed go on working, and say where to look now."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

# The old module, and the modules that its public names are in now.
MOVED: dict[str, tuple[str, ...]] = {
    "analysis": ("model.analysis", "model.agreement"),
    "annotation": ("genome.annotation",),
    "assays": ("mechanism.assays",),
    "design": ("samples.design",),
    "differential": ("model.differential",),
    "enrichment": ("genes.enrichment",),
    "inputs": ("genome.reference", "samples.peaks", "counting.sources", "genes.builtin"),
    "io.annotation": ("genome.read_genes",),
    "io.bigwig": ("tracks.bigwig.track",),
    "io.builtin": ("genome.builtin", "genes.builtin", "mechanism.builtin"),
    "io.cytogenetics": ("genome.cytogenetics",),
    "io.gene_sets": ("genes.gene_sets",),
    "io.peaks": ("genome.peaks",),
    "io.sheet": ("samples.sheet",),
    "io.tracks": ("tracks.open",),
    "marks": ("mechanism.switches",),
    "matrix": ("counting.matrix",),
    "normalization": ("model.normalization",),
    "presets": ("samples.presets",),
    "profile_matrix": ("counting.profile_matrix",),
    "regions": ("genome.regions", "genome.bins"),
    "simulate": ("simulation",),
}


class _Moved(MetaPathFinder, Loader):
    """Fills a module of an old name; asked last, so only for what is no module any more."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, old = fullname.partition(".")
        return ModuleSpec(fullname, self) if package == "resist_epi" and old in MOVED else None

    def exec_module(self, module: ModuleType) -> None:
        _, _, old = module.__name__.partition(".")
        places = [f"resist_epi.{place}" for place in MOVED[old]]
        now = " and ".join(places)
        warnings.warn(f"{module.__name__} is {now} since 0.2.0", DeprecationWarning, stacklevel=2)
        for place in places:
            new = importlib.import_module(place)
            module.__dict__.update({n: getattr(new, n) for n in dir(new) if n[0] != "_"})


def forward() -> None:
    """Let the old paths be imported."""
    if not any(isinstance(finder, _Moved) for finder in sys.meta_path):
        sys.meta_path.append(_Moved())
