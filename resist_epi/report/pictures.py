"""Figures as they travel inside the page: as large as a screen shows them, and small."""

from __future__ import annotations

import base64
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from resist_epi.workers import run_tasks

FOR_SCREEN = 2 / 3  # of the files' resolution


@dataclass(frozen=True)
class Screen:
    """A figure as a screen shows it.

    Attributes
    ----------
    address
        `data:` address of the image.
    width, height
        In pixels.
    """

    address: str
    width: int
    height: int


@dataclass(frozen=True)
class Picture(Screen):
    """One figure of the page.

    Attributes
    ----------
    figure
        Its name, as `pca`.
    caption
        What it shows; also its text for those who do not see it.
    """

    figure: str
    caption: str


def screens(
    folder: Path | None, stems: Iterable[str], figures: Collection[str], *, jobs: int = 1
) -> dict[str, Screen]:
    """Figures of a folder as a screen shows them, by their files' names: those that are there.

    Parameters
    ----------
    folder
        None where there are no figures.
    stems
        What their names begin with, as `H3K27me3`.
    figures
        How their names go on, as `pca`.
    jobs
        Processes; the bytes do not depend on it.

    Raises
    ------
    OSError
        If a file is no image.
    """
    found: dict[str, Screen] = {}
    if folder is not None:
        paths = {f"{s}.{f}": folder / f"{s}.{f}.png" for s in stems for f in figures}
        tasks = {name: path for name, path in paths.items() if path.is_file()}
        run_tasks(for_screen, tasks, jobs=jobs, done=found.__setitem__)
    return found


def for_screen(path: Path) -> Screen:
    """A PNG file as WebP, which every browser since 2020 shows: 256 colours, sharp, for a screen.

    The file has the resolution of print. The page has two thirds of it, twice what a laptop shows.

    Raises
    ------
    OSError
        If the file is no image.
    """
    from PIL import Image

    with Image.open(path) as image:
        size = [max(1, round(side * FOR_SCREEN)) for side in image.size]
        small = image.convert("RGB").resize(size, Image.Resampling.HAMMING)
        few = small.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        kept, packed = few.convert("RGB"), io.BytesIO()
        # Of a lossless picture, quality is the effort: 80, the usual, takes twice as long.
        kept.save(packed, "WEBP", lossless=True, method=2, quality=20)
    data = base64.b64encode(packed.getvalue()).decode("ascii")
    return Screen(f"data:image/webp;base64,{data}", kept.width, kept.height)


def pictures(shown: Mapping[str, Screen], stem: str, wanted: dict[str, str]) -> list[Picture]:
    """The figures that are there, in the order wanted: name -> caption."""
    there = [(f, c, shown[f"{stem}.{f}"]) for f, c in wanted.items() if f"{stem}.{f}" in shown]
    return [Picture(s.address, s.width, s.height, f, c) for f, c, s in there]
