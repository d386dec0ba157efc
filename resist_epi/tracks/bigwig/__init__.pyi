from .track import open_bigwig as open_bigwig
from .track import write_bigwig as write_bigwig
