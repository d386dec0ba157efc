"""What a run reads at its end is read with the names of its chromosomes before it counts."""

from __future__ import annotations

from resist_epi.study.steps.outside import study_cohort
from resist_epi.study.steps.sites import read_site_sources
from resist_epi.study.steps.where import study_parts
from resist_epi.study.study import Study


def read_ahead(study: Study) -> None:
    """Read the partition, the peak sets, the contacts and the outside cohort of a study.

    Raises
    ------
    ResistEpiError
        As `where.study_parts`, `sites.read_site_sources` and `outside.study_cohort`.
    """
    study_parts(study)
    read_site_sources(study.settings.sites, study.settings.contacts, study.naming)
    study_cohort(study.settings)
