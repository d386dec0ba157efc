from .gather import RunTables as RunTables
from .gather import gather as gather
from .page import render as render
from .page import write_report as write_report
