"""Typer in Chinese: its headings, its help option, and its complaints about a wrong command line."""

from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

UsageError: Any = typer.BadParameter.__mro__[1]
"""What the command line raises for a call it cannot take."""

_HEADINGS = {
    "ARGUMENTS_PANEL_TITLE": "参数",
    "OPTIONS_PANEL_TITLE": "选项",
    "COMMANDS_PANEL_TITLE": "命令",
    "ERRORS_PANEL_TITLE": "出错了",
    "DEFAULT_STRING": "［默认 {}］",
    "REQUIRED_LONG_STRING": "［必填］",
    "ABORTED_TEXT": "已中止。",
    "RICH_HELP": "[blue]{command_path}[/] 后面加 {help_option} 看用法。",
}


def speak_chinese() -> None:
    """Set typer's own headings to Chinese. It loads what draws help and errors, so it is done only when there is any to draw."""
    from typer import rich_utils

    for name, text in _HEADINGS.items():
        setattr(rich_utils, name, text)
    TyperArgument.display_type_rich = lambda *_, **__: None  # type: ignore[method-assign]  # its type names are English


class ChineseCommand(TyperCommand):
    """A command whose help option and usage line are Chinese."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The help, under Chinese headings."""
        speak_chinese()
        super().format_help(ctx, formatter)

    def get_help_option(self, ctx: Any) -> Any:
        """The help option, described in Chinese."""
        return _in_chinese(super().get_help_option(ctx))

    def get_usage(self, ctx: Any) -> str:
        """The usage line."""
        return _usage(super().get_usage(ctx))


class ChineseGroup(TyperGroup):
    """A group whose help option and usage line are Chinese."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The help, under Chinese headings."""
        speak_chinese()
        super().format_help(ctx, formatter)

    def get_help_option(self, ctx: Any) -> Any:
        """The help option, described in Chinese."""
        return _in_chinese(super().get_help_option(ctx))

    def get_usage(self, ctx: Any) -> str:
        """The usage line."""
        return _usage(super().get_usage(ctx))


def complaint(error: Any, commands: Sequence[str]) -> str:
    """What is wrong with the call, in Chinese; "" where the help has just been shown instead."""
    name = type(error).__name__
    option, given = getattr(error, "option_name", ""), getattr(error, "param", None)
    if name == "NoArgsIsHelpError":
        return ""
    if name == "NoSuchOption":
        return f"没有“{option}”这个选项"
    if name == "MissingParameter" and given is not None:
        return f"还缺少“{given.metavar or given.name}”"
    if "No such command" in str(error.message):
        return f"没有“{str(error.message).split(chr(39))[1]}”这个命令，可以用：{'、'.join(commands)}"
    if "Missing command" in str(error.message):
        return f"还没有写要做什么，可以用：{'、'.join(commands)}"
    if "unexpected extra argument" in str(error.message):
        return "后面多写了东西"
    return "写法不对"


def _in_chinese(option: Any) -> Any:
    if option is not None:
        option.help, option.metavar = "显示这段帮助。", ""
    return option


def _usage(text: str) -> str:
    parts = (("Usage: ", "用法："), ("[OPTIONS]", "［选项］"), ("COMMAND [ARGS]...", "命令 ［参数］…"))
    for english, chinese in parts:
        text = text.replace(english, chinese)
    return text
