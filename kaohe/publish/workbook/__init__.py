"""The consolidated ranked workbook: places, scores, reasons, evidence, findings, files and readings in one file."""

from kaohe.publish.workbook.write import write_workbook

__all__ = ["write_workbook"]
