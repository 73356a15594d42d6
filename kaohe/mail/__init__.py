"""The office's mail: drafts, sending, fetching, and who has to be reminded."""
