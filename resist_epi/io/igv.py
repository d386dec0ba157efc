"""`igv_session.xml`: the tracks of a study and its calls, as IGV opens them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from resist_epi.io.store import write_text

# Okabe & Ito 2008, clear of the colours of gain and loss, which the BED files bring along.
_GROUP_COLOURS = ("0,158,115", "230,159,0", "204,121,167", "86,180,233", "0,0,0")

# IGV names the depth of a BAM so, and its file with `_coverage` behind.
_COVERAGE_OF_READS = "org.broad.igv.sam.CoverageTrack"

_TYPES = {
    ".bam": "bam",
    ".bw": "bigwig",
    ".bigwig": "bigwig",
    ".bedgraph": "bedgraph",
    ".bdg": "bedgraph",
}


@dataclass(frozen=True)
class SessionTrack:
    """One coverage track of a session.

    Attributes
    ----------
    name
        What stands beside it.
    group
        Level that gives its colour, such as the condition.
    scale
        Tracks of one scale, such as a mark, share their vertical range.
    """

    path: Path
    name: str
    group: str
    scale: str


def write_session(
    path: str | Path,
    tracks: Sequence[SessionTrack],
    calls: Sequence[tuple[Path, str]],
    *,
    genome: str | None,
    locus: str | None = None,
) -> None:
    """Write an IGV session; the paths in it are relative to it, so that a folder can be moved.

    Source: the session format of IGV (desktop), version 8.

    Parameters
    ----------
    tracks
        In the order in which they are shown.
    calls
        BED files coloured by direction, with names; shown below the tracks.
    genome
        Name of the assembly as IGV knows it; None leaves IGV's present one.
    locus
        `chrom:start-end` to open at; by default the whole genome.

    Raises
    ------
    InputFormatError
        If the file cannot be written.
    """
    path = Path(path)
    session = ElementTree.Element("Session", {"version": "8", "locus": locus or "All"})
    if genome is not None:
        session.set("genome", genome)
    resources = ElementTree.SubElement(session, "Resources")
    data = ElementTree.SubElement(session, "Panel", {"name": "DataPanel", "height": "600"})
    features = ElementTree.SubElement(session, "Panel", {"name": "FeaturePanel", "height": "200"})
    levels = sorted({t.group for t in tracks})
    colours = {g: _GROUP_COLOURS[i % len(_GROUP_COLOURS)] for i, g in enumerate(levels)}
    scales = {scale: i + 1 for i, scale in enumerate(dict.fromkeys(t.scale for t in tracks))}
    session.set("nextAutoscaleGroup", str(len(scales) + 1))
    for track in tracks:
        where = _relative(track.path, path)
        _resource(resources, where, track.name)
        reads = track.path.suffix.lower() == ".bam"
        shown = ElementTree.SubElement(
            data,
            "Track",
            {
                "id": f"{where}_coverage" if reads else where,
                "name": track.name,
                "attributeKey": track.name,
                "clazz": _COVERAGE_OF_READS if reads else "org.broad.igv.track.DataSourceTrack",
                "color": colours[track.group],
                "autoScale": "true",
                "autoscaleGroup": str(scales[track.scale]),
                "renderer": "BAR_CHART",
                "windowFunction": "mean",
                "height": "40",
                "visible": "true",
            },
        )
        ElementTree.SubElement(
            shown,
            "DataRange",
            {"minimum": "0.0", "baseline": "0.0", "maximum": "1.0", "type": "LINEAR"},
        )
    for bed, name in calls:
        where = _relative(bed, path)
        _resource(resources, where, name)
        ElementTree.SubElement(
            features,
            "Track",
            {
                "id": where,
                "name": name,
                "attributeKey": name,
                "clazz": "org.broad.igv.track.FeatureTrack",
                "displayMode": "COLLAPSED",
                "visible": "true",
            },
        )
    ElementTree.indent(session)
    text = ElementTree.tostring(session, encoding="unicode")
    write_text(path, f'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n{text}\n')


def _relative(target: Path, session: Path) -> str:
    return Path(os.path.relpath(target, session.parent)).as_posix()


def _resource(resources: ElementTree.Element, where: str, name: str) -> None:
    suffix = Path(where.removesuffix(".gz")).suffix.lower()
    attributes = {"path": where, "name": name}
    if kind := _TYPES.get(suffix):
        attributes["type"] = kind
    ElementTree.SubElement(resources, "Resource", attributes)
