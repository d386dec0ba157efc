"""Figures inside the page are those of the folder, for a screen: smaller, and as sharp."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image

from resist_epi.report.pictures import for_screen, pictures, screens


def test_a_page_has_two_thirds_of_the_resolution_and_the_colours_stay(tmp_path: Path) -> None:
    colours = np.array([[213, 94, 0], [0, 114, 178], [255, 255, 255], [29, 39, 51]], dtype=np.uint8)
    blocks = np.random.default_rng(1).integers(0, 4, (8, 10))
    pixels = colours[blocks].repeat(30, axis=0).repeat(30, axis=1)
    path = tmp_path / "H3K27me3.pca.png"
    Image.fromarray(pixels).save(path)
    made = for_screen(path)
    kind, _, data = made.address.partition(",")
    assert kind == "data:image/webp;base64"
    assert (made.width, made.height) == (200, 160)
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        shown = np.asarray(image).astype(int)
    assert shown.shape == (160, 200, 3)
    middles = shown[10::20, 10::20]  # of the blocks, away from their borders
    assert np.abs(middles - colours[blocks]).max() <= 8
    assert made == for_screen(path)


def test_what_is_not_there_is_left_out(tmp_path: Path) -> None:
    Image.new("RGB", (2, 2)).save(tmp_path / "A.two.png")
    shown = screens(tmp_path, ["A", "B"], ["one", "two"])
    found = pictures(shown, "A", {"one": "1", "two": "2"})
    assert [(p.figure, p.caption) for p in found] == [("two", "2")]
    assert pictures(screens(None, ["A"], ["two"]), "A", {"two": "2"}) == []


def test_only_what_is_asked_for_is_read_and_several_processes_give_the_same(tmp_path: Path) -> None:
    for name in ("A.one", "B.one", "A.two"):
        Image.new("RGB", (30, 20), "#0072B2").save(tmp_path / f"{name}.png")
    (tmp_path / "A.other.png").write_bytes(b"no image")
    one, two = (screens(tmp_path, "AB", ["one", "two"], jobs=jobs) for jobs in (1, 2))
    assert one == two
    assert sorted(one) == ["A.one", "A.two", "B.one"]
