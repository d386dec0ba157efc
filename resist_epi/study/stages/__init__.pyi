from .run_stage import STAGES as STAGES
from .run_stage import Job as Job
from .run_stage import run_stage as run_stage
from .shard import Shard as Shard
from .shard import read_shard as read_shard
