"""From accepted records to scorecards: items, places in metrics, totals and places."""
