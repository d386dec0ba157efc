from .address import is_remote as is_remote
from .address import shown as shown
from .cache import default_cache as default_cache
from .cache import fetch as fetch
from .either import checked_file as checked_file
from .origin import origin_of as origin_of
from .transport import RemoteState as RemoteState
from .transport import remote_state as remote_state
