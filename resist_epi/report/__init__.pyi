from .compare import ComparisonTables as ComparisonTables
from .compare import render_comparison as render_comparison
from .compare import write_comparison as write_comparison
from .gather import RunTables as RunTables
from .gather import gather as gather
from .page import render as render
from .page import write_report as write_report
