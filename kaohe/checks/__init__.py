"""Checks: one check, one function, one code; a registry that can be listed."""
