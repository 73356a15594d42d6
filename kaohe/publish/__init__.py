"""What goes out: workbook, notice and letters, corrections, data files and the nightly report."""
