"""Files that a run needs at its end are read at its beginning: no hours are lost on one."""

from __future__ import annotations

from resist_epi.genome.contacts import read_contacts
from resist_epi.genome.partition import read_partition
from resist_epi.genome.peaks import read_bed_regions
from resist_epi.mechanism.cohort_files import CohortColumns, read_cohort
from resist_epi.model.known import read_known
from resist_epi.study.settings import StudySettings


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
    if settings.survival_expression is not None and settings.survival_clinical is not None:
        columns = CohortColumns(
            settings.survival_adjust, settings.survival_strata, settings.survival_treatment
        )
        read_cohort(settings.survival_expression, settings.survival_clinical, columns)
