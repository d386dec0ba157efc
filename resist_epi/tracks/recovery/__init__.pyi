from .recovered_track import RecoveredTrack as RecoveredTrack
from .recovery import Recovery as Recovery
from .recovery import recover_counts as recover_counts
