"""What is packed beside the figures is what the page packs itself."""

from __future__ import annotations

from pathlib import Path

from resist_epi.report.figures import Beside, save_figures
from resist_epi.report.gather import gather
from resist_epi.report.packed import Packed, pack_kind, packed_name, packing
from resist_epi.report.page import render


def test_a_page_is_the_same_wherever_its_tables_were_packed(study: Path, tmp_path: Path) -> None:
    run = gather(study)
    packed: dict[str, Packed] = {}
    beside = Beside(packing(run), packed.__setitem__)
    assert save_figures([], tmp_path, jobs=2, beside=beside) == []
    assert list(tmp_path.iterdir()) == []
    assert sorted(packed) == sorted(packed_name(m, kind) for m in run.marks for kind in m.results)
    assert render(run, packed=packed) == render(run)


def test_settings_stand_beside_what_they_were_packed_to(study: Path) -> None:
    (mark, *_) = gather(study).marks
    kind = next(iter(mark.results))
    found = pack_kind(mark, kind)
    assert found.plain["file"] == f"{mark.name}.{kind}"
    assert found.settings
    assert found.results
