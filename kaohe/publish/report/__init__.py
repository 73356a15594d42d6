"""The nightly report: one HTML file that needs nothing else, for the clerk."""

from kaohe.publish.report.write import write_report

__all__ = ["write_report"]
