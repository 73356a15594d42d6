"""How fast the nightly run is, measured against reading the files and against the tool one would otherwise write."""
