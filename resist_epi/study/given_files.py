"""Files that a run needs at its end are read at its beginning: no hours are lost on one."""

from __future__ import annotations

from resist_epi.genome.contacts import read_contacts
from resist_epi.genome.partition import read_partition
from resist_epi.genome.peaks import read_bed_regions
from resist_epi.model.known import read_known
from resist_epi.study.settings import StudySettings
from resist_epi.study.steps.outside import study_cohort
from resist_epi.study.steps.sites import read_site_sources
from resist_epi.study.steps.where import study_parts
from resist_epi.study.study import Study


def check_given_files(settings: StudySettings) -> None:
    """Read peak sets, contacts, partition, known changes and the outside cohort; keep nothing.

    Raises
    ------
    ResistEpiError
        If one of them cannot be read, as its reader says it.
    """
    for path in settings.sites.values():
        read_bed_regions(path)
    if settings.contacts is not None:
        read_contacts(settings.contacts)
    if settings.partition is not None:
        read_partition(settings.partition)
    if settings.known is not None:
        read_known(settings.known)
    study_cohort(settings)


def check_given_places(study: Study) -> None:
    """Hold the places of these files against the chromosomes of the tracks, once these are known.

    Raises
    ------
    ResistEpiError
        As `where.study_parts` and `sites.read_site_sources`.
    """
    study_parts(study)
    read_site_sources(study.settings.sites, study.settings.contacts, study.naming)
