"""The whole answer to a question of a study's counts, as a run writes it and a notebook has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resist_epi.dna.arms import ArmShifts
from resist_epi.dna.describe import describe_confounders
from resist_epi.domains.find import Domains
from resist_epi.domains.stored_bins import Bins
from resist_epi.domains.window_tests import with_windows_of_several
from resist_epi.model.agreement import Agreement, Variants, shared_variants, with_agreement
from resist_epi.model.analysis import Analysis
from resist_epi.model.known import Known
from resist_epi.model.relabelling import with_relabelling
from resist_epi.model.stability import with_stability
from resist_epi.model.subsets import Subsets, with_carriers
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.study import Study


@dataclass(frozen=True)
class Answer:
    """One contrast of one kind of regions, and what was asked beside it.

    Attributes
    ----------
    analysis
        Its results have every column that a run writes.
    agreement
        The same question under other normalisations.
    arms
        Shifts of chromosome arms, None where the contrast is no combination of coefficients.
    carriers
        Changes in some of the units; None where none was looked for, as the header says.
    """

    analysis: Analysis
    agreement: Agreement
    arms: ArmShifts | None = None
    carriers: Subsets | None = None


def assembly_of(study: Study) -> str | None:
    """Name of the assembly; None where it is not known."""
    genome = study.reference.genome
    return None if genome is None else genome.name


def answer(
    study: Study,
    analysis: Analysis,
    *,
    variants: Variants | None = None,
    known: Known | None = None,
    relabelled: bool = False,
) -> Answer:
    """Everything that a study says of a test: each step a function of the analysis before it.

    Parameters
    ----------
    variants
        Other normalisations of its fit, where several contrasts share them.
    known
        Genes or regions of known direction.
    relabelled
        Whether groups are relabelled: done for the regions that speak for the mark's genes.

    Raises
    ------
    ResistEpiError
        If the settings do not fit the data.
    """
    stable = with_stability(analysis)
    compared, agreement = with_agreement(stable, known, variants=variants)
    found, arms = describe_confounders(
        compared, segments=study.segments, assembly=assembly_of(study)
    )
    if not found.tested:
        return Answer(found, agreement, arms)
    if relabelled:
        found = with_relabelling(found)
    found, carriers = with_carriers(found)
    return Answer(found, agreement, arms, carriers)


def answer_domains(
    study: Study,
    analyses: Sequence[Analysis],
    *,
    windows: Bins,
    domains: Domains,
    sheet: SampleSheet,
) -> list[Analysis]:
    """Everything that a study says of the domains of a mark, a contrast each of one fit.

    Parameters
    ----------
    windows
        Bins of the windows above background, of which the domains are made.
    sheet
        The rows of the mark.
    """
    described = describe_domains(study, analyses)
    return with_windows_of_several(described, windows, domains, sheet)


def describe_domains(study: Study, analyses: Sequence[Analysis]) -> list[Analysis]:
    """What a study says of the whole signal of domains, before their windows are tested.

    Parameters
    ----------
    analyses
        As of `answer_domains`.
    """
    variants = shared_variants(analyses)
    described = []
    for analysis in analyses:
        found, _ = with_agreement(analysis, variants=variants)
        found, _ = describe_confounders(found, segments=study.segments, assembly=assembly_of(study))
        described.append(found)
    return described
