"""Figures inside the page are those of the folder, pixel by pixel."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image

from resist_epi.report.pictures import embedded, pictures


def test_no_pixel_is_lost(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (12, 20, 3)).astype(np.uint8)
    path = tmp_path / "H3K27me3.pca.png"
    Image.fromarray(pixels).save(path)
    made = embedded(path, "pca", "Samples.")
    kind, _, data = made.address.partition(",")
    assert kind == "data:image/webp;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        assert np.array_equal(np.asarray(image), pixels)
    assert (made.width, made.height) == (20, 12)
    assert made == embedded(path, "pca", "Samples.")


def test_what_is_not_there_is_left_out(tmp_path: Path) -> None:
    Image.new("RGB", (2, 2)).save(tmp_path / "A.two.png")
    found = pictures(tmp_path, "A", {"one": "1", "two": "2"})
    assert [p.figure for p in found] == ["two"]
    assert pictures(None, "A", {"two": "2"}) == []
