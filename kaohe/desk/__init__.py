"""The office's desk: a new office's folder, its check-up, the nightly schedule, the watch over the inbox, the log."""
