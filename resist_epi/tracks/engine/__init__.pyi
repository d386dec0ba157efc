from .adjacent_bins import AdjacentBins as AdjacentBins
from .runs import Grid as Grid
from .runs import GridParts as GridParts
from .runs import RegionAccumulator as RegionAccumulator
from .runs import RegionSummary as RegionSummary
from .runs import Runs as Runs
from .runs import complement as complement
from .track import CoverageTrack as CoverageTrack
