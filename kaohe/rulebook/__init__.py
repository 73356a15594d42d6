"""The notice as data: sections, clauses, fields, items, rules and readings."""
