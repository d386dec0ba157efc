from .adjacent_bins import AdjacentBins as AdjacentBins
from .region_sums import RegionAccumulator as RegionAccumulator
from .region_sums import RegionSummary as RegionSummary
from .region_sums import complement as complement
from .runs import Grid as Grid
from .runs import GridParts as GridParts
from .runs import Runs as Runs
from .track import CoverageTrack as CoverageTrack
