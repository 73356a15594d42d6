"""From a file in the inbox to a typed record of what one unit wrote: sniff, read, identify, normalise."""
