from .filter import domain_bins as domain_bins
from .find import Domains as Domains
from .find import domain_matrix as domain_matrix
from .find import find_domains as find_domains
from .of_sheet import sheet_domain_bins as sheet_domain_bins
from .of_sheet import sheet_domains as sheet_domains
from .settings import DomainSettings as DomainSettings
from .window_tests import with_windows as with_windows
