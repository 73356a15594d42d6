"""The commands, one module a group; each registers itself on the application of ``common``. Their order here is that of the help."""

from kaohe.commands import demo, desk, forms, run, nightly, mail, looking, auditing  # noqa: F401, I001 -- the order of the help
from kaohe.commands.common import app

__all__ = ["COMMANDS", "app"]

COMMANDS = tuple(command.name or command.callback.__name__ for command in app.registered_commands if command.callback)
"""Every command by its name."""
