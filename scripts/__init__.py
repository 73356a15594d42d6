"""Programs for maintainers; run from the project's folder as ``python -m scripts.NAME``."""
