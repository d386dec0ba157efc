from .glm import count_data as count_data
from .quasi import QuasiFit as QuasiFit
from .quasi import fit_quasi as fit_quasi
from .quasi import quasi_f_test as quasi_f_test
