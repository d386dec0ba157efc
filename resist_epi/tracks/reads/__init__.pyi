from .open import is_bam as is_bam
from .open import open_reads as open_reads
from .reads import ReadRules as ReadRules
from .reads import ReadsFile as ReadsFile
from .summary import summarise_reads as summarise_reads
