"""The configuration: its faults, and what still stands as it came with the program."""

from collections.abc import Iterator

from kaohe.desk.doctor.result import Premises, Result, act, good, note


def configuration(premises: Premises) -> Iterator[Result]:
    """Every fault with its line."""
    for fault in premises.faults:
        yield act("设置", fault, "改正后再运行；文件夹、台账、收件箱要等设置改好才能检查")
    if premises.office is not None:
        config = premises.office.config
        groups = f"{len(config.cohort)}个单位、{len(config.groups)}个考核组"
        yield good("设置", f"{premises.office.file}：{config.year}年度，{groups}，截止{config.deadline}")
        yield good("规则", f"{premises.office.rules}：{premises.office.rulebook.notice_title}")


def placeholders(premises: Premises) -> Iterator[Result]:
    """Addresses and numbers that nobody has filled in yet."""
    if premises.office is None:
        return
    config = premises.office.config
    wrong = [what for what, text in (("办公室电话", config.issuer.phone), ("办公室邮箱", config.issuer.email)) if _is_invented(text)]
    units = [unit.short for unit in config.units if _is_invented(unit.email)]
    wrong += [f"{len(units)}个单位的邮箱（{'、'.join(units[:3])}{'等' if len(units) > 3 else ''}）"] if units else []
    if wrong:
        yield note("联系方式", f"还是程序自带的：{'、'.join(wrong)}", "请在 config.toml 里改成真实的")
    else:
        yield good("联系方式", "都填了")


def _is_invented(text: str) -> bool:
    return text.endswith((".example", "-00000000"))
