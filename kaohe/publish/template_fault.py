"""A template of the office that cannot be used."""


class TemplateFault(Exception):
    """A Word template that cannot be used. The message is Chinese and says which file, which tag and where."""
