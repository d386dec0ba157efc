"""IGV sessions: relative paths, one scale a mark, calls below."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from resist_epi.io.igv import SessionTrack, write_session


def test_a_session_can_be_moved_with_its_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    tracks = [
        SessionTrack(tmp_path / "tracks" / "a&b.bw", 'T1 <"odd">', "good", "H3K27me3"),
        SessionTrack(tmp_path / "tracks" / "c.bedGraph.gz", "T2", "poor", "H3K27me3"),
        SessionTrack(tmp_path / "tracks" / "d.bigWig", "T3", "good", "H3K36me3"),
    ]
    bed = out / "differential" / "H3K27me3.promoters.bed"
    write_session(out / "igv_session.xml", tracks, [(bed, "calls")], genome="hg38")
    session = ElementTree.parse(out / "igv_session.xml").getroot()
    assert session.get("genome") == "hg38"
    resources = [(r.get("path"), r.get("type")) for r in session.iter("Resource")]
    assert resources == [
        ("../tracks/a&b.bw", "bigwig"),
        ("../tracks/c.bedGraph.gz", "bedgraph"),
        ("../tracks/d.bigWig", "bigwig"),
        ("differential/H3K27me3.promoters.bed", None),
    ]
    shown = {t.get("name"): t for t in session.iter("Track")}
    assert [t.get("id") for t in shown.values()] == [path for path, _ in resources]
    first, second, third = (shown[n] for n in ('T1 <"odd">', "T2", "T3"))
    assert first.get("autoscaleGroup") == second.get("autoscaleGroup")
    assert first.get("autoscaleGroup") != third.get("autoscaleGroup")
    assert first.get("color") == third.get("color") != second.get("color")
    assert shown["calls"].get("color") is None  # the BED brings its own


def test_an_unknown_assembly_is_left_out(tmp_path: Path) -> None:
    write_session(tmp_path / "s.xml", [], [], genome=None)
    assert "genome" not in ElementTree.parse(tmp_path / "s.xml").getroot().attrib
