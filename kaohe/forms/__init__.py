"""The submission form: where everything stands in it, the master, and one stamped copy for each unit."""
