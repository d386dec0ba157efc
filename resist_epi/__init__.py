"""Differential histone marks from peaks and coverage tracks, and what they say about mechanism.

samples + peaks + coverage + annotation -> regions -> counts -> quality -> normalisation -> fit ->
contrast -> genes -> gene sets. Every arrow is one function here that takes tables, matrices or a
fit and returns a new one. For research use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from resist_epi import version

__version__ = version.VERSION

if TYPE_CHECKING:
    from resist_epi.analysis import Analysis as Analysis
    from resist_epi.analysis import analyse as analyse
    from resist_epi.annotation import Annotation as Annotation
    from resist_epi.checking import check_study as check_study
    from resist_epi.concordance import concordance as concordance
    from resist_epi.consensus import consensus_peaks as consensus_peaks
    from resist_epi.consensus import differential_occupancy as differential_occupancy
    from resist_epi.counting import count_regions as count_regions
    from resist_epi.counting import summarise_regions as summarise_regions
    from resist_epi.design import make_contrast as make_contrast
    from resist_epi.design import make_design as make_design
    from resist_epi.differential import contrast_results as contrast_results
    from resist_epi.domain_filter import domain_bins as domain_bins
    from resist_epi.domain_links import link_domains as link_domains
    from resist_epi.domain_settings import DomainSettings as DomainSettings
    from resist_epi.domains import find_domains as find_domains
    from resist_epi.enrichment import enrich as enrich
    from resist_epi.enrichment import genes_one_by_one as genes_one_by_one
    from resist_epi.errors import ResistEpiError as ResistEpiError
    from resist_epi.evidence import join_evidence as join_evidence
    from resist_epi.fit import Fit as Fit
    from resist_epi.gene_values import gene_table as gene_table
    from resist_epi.inputs import load_reference as load_reference
    from resist_epi.inputs import sheet_peaks as sheet_peaks
    from resist_epi.inputs import sheet_tracks as sheet_tracks
    from resist_epi.io.annotation import read_genes as read_genes
    from resist_epi.io.builtin import load_gene_sets as load_gene_sets
    from resist_epi.io.builtin import load_genes as load_genes
    from resist_epi.io.builtin import load_mechanisms as load_mechanisms
    from resist_epi.io.builtin import load_symbols as load_symbols
    from resist_epi.io.evidence import read_evidence as read_evidence
    from resist_epi.io.figures import save_figure as save_figure
    from resist_epi.io.gene_sets import read_gmt as read_gmt
    from resist_epi.io.peaks import read_bed_regions as read_bed_regions
    from resist_epi.io.peaks import read_peaks as read_peaks
    from resist_epi.io.peaks import write_bed as write_bed
    from resist_epi.io.profile_matrix import read_profile_matrix as read_profile_matrix
    from resist_epi.io.profile_matrix import write_profile_matrix as write_profile_matrix
    from resist_epi.io.sheet import read_sheet as read_sheet
    from resist_epi.io.tables import read_counts as read_counts
    from resist_epi.io.tables import read_results as read_results
    from resist_epi.io.tables import write_counts as write_counts
    from resist_epi.io.tables import write_table as write_table
    from resist_epi.io.tracks import open_track as open_track
    from resist_epi.linking import annotate_regions as annotate_regions
    from resist_epi.marks import MarkTest as MarkTest
    from resist_epi.marks import mark_switches as mark_switches
    from resist_epi.matrix import CountMatrix as CountMatrix
    from resist_epi.mechanisms import Layer as Layer
    from resist_epi.mechanisms import mechanism_sentences as mechanism_sentences
    from resist_epi.mechanisms import mechanism_table as mechanism_table
    from resist_epi.normalization import normalize as normalize
    from resist_epi.pipeline import run_study as run_study
    from resist_epi.plots.gene_set import plot_gene_set as plot_gene_set
    from resist_epi.plots.heatmap import plot_heatmap as plot_heatmap
    from resist_epi.plots.locus import plot_locus as plot_locus
    from resist_epi.plots.mechanisms import plot_mechanisms as plot_mechanisms
    from resist_epi.plots.profile import plot_profile as plot_profile
    from resist_epi.plots.samples import plot_correlation as plot_correlation
    from resist_epi.plots.samples import plot_pca as plot_pca
    from resist_epi.plots.scatter import plot_ma as plot_ma
    from resist_epi.plots.scatter import plot_pvalues as plot_pvalues
    from resist_epi.plots.scatter import plot_volcano as plot_volcano
    from resist_epi.plots.switch import plot_switches as plot_switches
    from resist_epi.presets import preset as preset
    from resist_epi.profile_matrix import ProfileMatrix as ProfileMatrix
    from resist_epi.profiles import profile_regions as profile_regions
    from resist_epi.quality import principal_components as principal_components
    from resist_epi.quality import quality_table as quality_table
    from resist_epi.quality import sample_correlation as sample_correlation
    from resist_epi.regions import gene_bodies as gene_bodies
    from resist_epi.regions import genome_bins as genome_bins
    from resist_epi.regions import promoters as promoters
    from resist_epi.samples import SampleSheet as SampleSheet
    from resist_epi.units import merge_units as merge_units

# Loaded when first asked for, so that importing the package costs next to nothing.
_PUBLIC = {
    "Analysis": "analysis.Analysis",
    "Annotation": "annotation.Annotation",
    "CountMatrix": "matrix.CountMatrix",
    "DomainSettings": "domain_settings.DomainSettings",
    "Fit": "fit.Fit",
    "Layer": "mechanisms.Layer",
    "MarkTest": "marks.MarkTest",
    "ProfileMatrix": "profile_matrix.ProfileMatrix",
    "ResistEpiError": "errors.ResistEpiError",
    "SampleSheet": "samples.SampleSheet",
    "analyse": "analysis.analyse",
    "annotate_regions": "linking.annotate_regions",
    "check_study": "checking.check_study",
    "concordance": "concordance.concordance",
    "consensus_peaks": "consensus.consensus_peaks",
    "contrast_results": "differential.contrast_results",
    "count_regions": "counting.count_regions",
    "differential_occupancy": "consensus.differential_occupancy",
    "domain_bins": "domain_filter.domain_bins",
    "enrich": "enrichment.enrich",
    "find_domains": "domains.find_domains",
    "gene_bodies": "regions.gene_bodies",
    "gene_table": "gene_values.gene_table",
    "genes_one_by_one": "enrichment.genes_one_by_one",
    "genome_bins": "regions.genome_bins",
    "join_evidence": "evidence.join_evidence",
    "link_domains": "domain_links.link_domains",
    "load_gene_sets": "io.builtin.load_gene_sets",
    "load_genes": "io.builtin.load_genes",
    "load_mechanisms": "io.builtin.load_mechanisms",
    "load_reference": "inputs.load_reference",
    "load_symbols": "io.builtin.load_symbols",
    "make_contrast": "design.make_contrast",
    "make_design": "design.make_design",
    "mark_switches": "marks.mark_switches",
    "mechanism_sentences": "mechanisms.mechanism_sentences",
    "mechanism_table": "mechanisms.mechanism_table",
    "merge_units": "units.merge_units",
    "normalize": "normalization.normalize",
    "open_track": "io.tracks.open_track",
    "plot_correlation": "plots.samples.plot_correlation",
    "plot_gene_set": "plots.gene_set.plot_gene_set",
    "plot_heatmap": "plots.heatmap.plot_heatmap",
    "plot_locus": "plots.locus.plot_locus",
    "plot_ma": "plots.scatter.plot_ma",
    "plot_mechanisms": "plots.mechanisms.plot_mechanisms",
    "plot_pca": "plots.samples.plot_pca",
    "plot_profile": "plots.profile.plot_profile",
    "plot_pvalues": "plots.scatter.plot_pvalues",
    "plot_switches": "plots.switch.plot_switches",
    "plot_volcano": "plots.scatter.plot_volcano",
    "preset": "presets.preset",
    "principal_components": "quality.principal_components",
    "profile_regions": "profiles.profile_regions",
    "promoters": "regions.promoters",
    "quality_table": "quality.quality_table",
    "read_bed_regions": "io.peaks.read_bed_regions",
    "read_counts": "io.tables.read_counts",
    "read_evidence": "io.evidence.read_evidence",
    "read_genes": "io.annotation.read_genes",
    "read_gmt": "io.gene_sets.read_gmt",
    "read_peaks": "io.peaks.read_peaks",
    "read_profile_matrix": "io.profile_matrix.read_profile_matrix",
    "read_results": "io.tables.read_results",
    "read_sheet": "io.sheet.read_sheet",
    "run_study": "pipeline.run_study",
    "sample_correlation": "quality.sample_correlation",
    "save_figure": "io.figures.save_figure",
    "sheet_peaks": "inputs.sheet_peaks",
    "sheet_tracks": "inputs.sheet_tracks",
    "summarise_regions": "counting.summarise_regions",
    "write_bed": "io.peaks.write_bed",
    "write_counts": "io.tables.write_counts",
    "write_profile_matrix": "io.profile_matrix.write_profile_matrix",
    "write_table": "io.tables.write_table",
}
__all__ = ["__version__", *_PUBLIC]  # noqa: PLE0604 - the names are strings


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'resist_epi' has no attribute {name!r}")
    module, _, attribute = _PUBLIC[name].rpartition(".")
    return getattr(importlib.import_module(f"resist_epi.{module}"), attribute)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
