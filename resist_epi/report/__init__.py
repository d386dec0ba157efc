"""`report.html`: one self-contained page on a finished run."""

from resist_epi.report.gather import RunTables, gather
from resist_epi.report.page import render, write_report

__all__ = ["RunTables", "gather", "render", "write_report"]
