"""The report of a training run: one HTML file that opens anywhere and holds everything it shows."""

from __future__ import annotations

from glassnet.training.report.content import Forecast, Report, ReportError
from glassnet.training.report.report_page import write_report

__all__ = ["Forecast", "Report", "ReportError", "write_report"]
