"""The demonstration: a fresh office folder with a realistic set of returns."""
