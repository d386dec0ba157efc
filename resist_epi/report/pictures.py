"""Figures as they travel inside the page: as large as a screen shows them, and small."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

FOR_SCREEN = 2 / 3  # of the files' resolution


@dataclass(frozen=True)
class Picture:
    """One figure.

    Attributes
    ----------
    figure
        Its name, as `pca`.
    caption
        What it shows; also its text for those who do not see it.
    address
        `data:` address of the image.
    width, height
        In pixels of the file.
    """

    figure: str
    caption: str
    address: str
    width: int
    height: int


def embedded(path: Path, figure: str, caption: str) -> Picture:
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
        small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        few = small.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        kept, packed = few.convert("RGB"), io.BytesIO()
        # Of a lossless picture, quality is the effort: 80, the usual, takes twice as long.
        kept.save(packed, "WEBP", lossless=True, method=2, quality=20)
    data = base64.b64encode(packed.getvalue()).decode("ascii")
    return Picture(figure, caption, f"data:image/webp;base64,{data}", kept.width, kept.height)


def pictures(folder: Path | None, stem: str, wanted: dict[str, str]) -> list[Picture]:
    """The figures of a folder that are there, in the order wanted: name -> caption."""
    paths = [(f, c, folder / f"{stem}.{f}.png") for f, c in wanted.items() if folder is not None]
    return [embedded(path, f, c) for f, c, path in paths if path.is_file()]
