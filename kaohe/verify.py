"""Whether a frozen final set is still what was issued, and whether what it came from still gives the same scores."""

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kaohe import __version__
from kaohe.config.loader import Office, rules_folder
from kaohe.config.model import Folders
from kaohe.forms.seal import UNSEALED
from kaohe.intake.arrival import Arrival
from kaohe.intake.inbox import take_in
from kaohe.intake.record import Verdict
from kaohe.intake.workers import workers
from kaohe.ledger import Ledger
from kaohe.publish.as_left import FINAL_FOLDER
from kaohe.publish.frozen import MANIFEST_FILE, RULES_FILES, Input, Manifest, frozen_office, manifest_of, rules_name
from kaohe.publish.jobs import RESULTS_FILE, SCORES_FILE
from kaohe.publish.results import results_json, scores_csv
from kaohe.scoring.scorecard import Assessment
from kaohe.store import FolderStore
from kaohe.survey import alone, assess_intake
from kaohe.text import os_problem
from kaohe.toml_source import FaultyFile
from kaohe.year_log import issued_seal

_PARTS = {"year": "年度", "status": "状态", "rulebook": "规则和口径", "findings": "问题清单", "files": "收件清单"}
_FIGURES = {
    "name": "单位名称",
    "short": "单位简称",
    "group": "考核组",
    "state": "状态",
    "reason": "状态的原因",
    "file": "采用的文件",
    "total": "总分",
    "place": "位次",
    "capped": "封顶项得分",
    "uncapped": "不封顶项得分",
    "bonus": "加分",
}
_JUDGED_BY_SEAL = (Verdict.ACCEPTED, Verdict.REFUSED, Verdict.WRONG_YEAR)
_SOURCES = {"rules_hash": "规则", "readings": "口径", "decision": "审定表"}


def verify(office: Office, year: int) -> tuple[str, ...]:
    """In Chinese, everything by which the final set of a year differs from what was issued; empty when it is sound.

    Looks at the set, what the ledger remembers of it, the archive of received files and the current rules, then scores again from the archive. Writes nothing.
    """
    folder = office.config.folder("outbox") / FINAL_FOLDER / str(year)
    if not folder.is_dir():
        return (f"没有{year}年度的正式结果：找不到文件夹 {folder}",)
    try:
        data = (folder / MANIFEST_FILE).read_bytes()
        manifest = Manifest.model_validate_json(data)
    except OSError as error:
        return (f"正式结果的 {MANIFEST_FILE} 读不出来（{os_problem(error)}），无法核对",)
    except ValidationError:
        return (f"正式结果的 {MANIFEST_FILE} 改动过，已经读不懂，无法核对",)
    ledger = Ledger(office.config.folder("state"))
    lines = [] if manifest.sealed() == data else [f"正式结果的文件改动过：{MANIFEST_FILE}"]
    if issued_seal(ledger, year) not in (None, manifest.seal):
        lines.append(f"{MANIFEST_FILE} 不是生成时的那一份：与台账记下的校验码不同")
    if manifest.year != year:
        lines.append(f"正式结果是{manifest.year}年度的，却放在{year}年度的文件夹里")
    lines += _set_lines(folder, manifest)
    lines += _rules_lines(office, year, manifest)
    missing = list(_archive_lines(ledger, manifest))
    lines += missing or _recomputed_lines(folder, year, manifest, ledger)
    return tuple(lines)


def _set_lines(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Files of the set that are missing, extra or changed."""
    expected = {file.name: file for file in manifest.files}
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    folders = {parent.as_posix() for name in expected for parent in Path(name).parents}
    for name in sorted({*expected, *found} - {MANIFEST_FILE}):
        path = found.get(name)
        if path is None:
            yield f"正式结果缺少文件：{name}"
        elif path.is_dir() and not path.is_symlink():
            if name not in folders:
                yield f"正式结果多出文件夹：{name}"
        elif name not in expected:
            hint = "（有人正打开着正式结果，关闭后会自动消失）" if path.name.startswith("~$") else ""
            yield f"正式结果多出文件：{name}{hint}"
        elif path.is_symlink() or _sha256(path) != expected[name].sha256:
            yield f"正式结果的文件改动过：{name}"


def _rules_lines(office: Office, year: int, manifest: Manifest) -> Iterator[str]:
    """Files of the rules now in use for that year that are not those of the set."""
    config, frozen = office.config, {file.name: file.sha256 for file in manifest.files}
    if config.year != year:
        config = config.model_copy(update={"year": year, "folders": Folders()})
    folder = rules_folder(config)
    if folder is None:
        yield f"现在找不到{year}年度的规则，无法与正式结果的依据比较"
        return
    for name in RULES_FILES:
        now = _sha256(folder / name)
        if now is None:
            yield f"现在的规则文件读不出来：{folder / name}"
        elif now != frozen.get(rules_name(year, name)):
            yield f"现在的规则文件与正式结果的依据不同：{folder / name}"


def _archive_lines(ledger: Ledger, manifest: Manifest) -> Iterator[str]:
    """Received files that the archive no longer holds as they came."""
    for entry in manifest.inputs:
        sha = entry.sha256
        if not sha:
            continue
        found = _sha256(ledger.archived(sha))
        if found is None:
            yield f"存档里没有收到的文件“{entry.name}”（{sha}），没有重算"
        elif found != sha:
            yield f"存档里收到的文件“{entry.name}”改动过（{sha}），没有重算"


def _recomputed_lines(folder: Path, year: int, manifest: Manifest, ledger: Ledger) -> list[str]:
    """What comes out differently when the scores are computed again from the archive, the kept configuration and rules."""
    try:
        office = frozen_office(folder, year)
    except FaultyFile as faulty:
        return [f"正式结果的依据不能用，没有重算：{fault}" for fault in faulty.faults]
    found = [_arrival(entry, office.config.intake.largest) for entry in manifest.inputs if not entry.inside]
    seen = {i.name: i.first_seen for i in manifest.inputs if i.sha256}
    # Like the times: what the key said of the seals when the set was issued, which needs no key to be kept for ever.
    unsealed = {i.sha256: i.reason for i in manifest.inputs if UNSEALED in i.reason and i.verdict in _JUDGED_BY_SEAL}
    with tempfile.TemporaryDirectory(prefix="kaohe-") as scratch:
        store = FolderStore(Path(scratch), behind=ledger.archive, scratch=True)
        with workers(office, store, len(found), alone) as look:
            intake = take_in(office, found, lambda entry: seen.get(entry.name, 0), look, _issued_at(manifest), lambda sha, _: unsealed.get(sha, ""))
            assessment = assess_intake(office, intake)
    lines = [*_results_lines(folder, assessment), *_source_lines(manifest, assessment)]
    if lines and manifest.program != __version__:
        lines.append(f"正式结果是程序 {manifest.program} 版做的，现在是 {__version__} 版，以上不同也可能来自程序的改动")
    return lines


def _arrival(entry: Input, largest: int) -> Arrival:
    """A received file as the manifest knows it; one over the bound, a link or one on its way was never looked into."""
    unseen = not entry.sha256 or entry.size > largest
    return Arrival(
        entry.name,
        None,
        entry.sha256,
        entry.modified,
        entry.reason if unseen else "",
        arriving=unseen and entry.verdict in (Verdict.ARRIVING, Verdict.STALLED),
        refused=unseen and entry.verdict == Verdict.REFUSED,
        size=entry.size,
    )


def _issued_at(manifest: Manifest) -> int | None:
    """The moment of the run that issued the set (epoch seconds): what was on its way then."""
    try:
        return int(datetime.fromisoformat(manifest.issued).timestamp())
    except (ValueError, OverflowError, OSError):
        return None


def _results_lines(folder: Path, assessment: Assessment) -> Iterator[str]:
    """By unit and item, where the set's data differ from those computed again. Missing files are told elsewhere."""
    results, scores = folder / RESULTS_FILE, folder / SCORES_FILE
    fresh = results_json(assessment)
    if results.is_file() and (kept := results.read_bytes()) != fresh:
        try:
            yield from list(_differences(json.loads(kept), json.loads(fresh))) or [f"{RESULTS_FILE} 与重算的写法不同，得分和位次一样"]
        except (ValueError, KeyError, TypeError, AttributeError):
            yield f"{RESULTS_FILE} 与重算不同，而且已经不完整，无法逐项比较"
    if scores.is_file() and scores.read_bytes() != scores_csv(assessment):
        yield f"{SCORES_FILE} 与重算不同"


def _differences(kept: Mapping[str, Any], fresh: Mapping[str, Any]) -> Iterator[str]:
    for key, title in _PARTS.items():
        if kept[key] != fresh[key]:
            yield f"{RESULTS_FILE} 与重算不同：{title}"
    units = {unit["code"]: unit for unit in kept["units"]}
    for unit in fresh["units"]:
        if unit["code"] not in units:
            yield f"{RESULTS_FILE} 缺少单位：{unit['short']}"
        elif parts := [*_unit_differences(units[unit["code"]], unit)]:
            yield f"{RESULTS_FILE} 与重算不同：{unit['short']}的{'、'.join(parts)}"
    codes = [unit["code"] for unit in fresh["units"]]
    for unit in kept["units"]:
        if unit["code"] not in codes:
            yield f"{RESULTS_FILE} 多出单位：{unit['code']}"
    if list(units) != codes and set(units) == set(codes):
        yield f"{RESULTS_FILE} 与重算不同：单位的次序"


def _unit_differences(kept: Mapping[str, Any], fresh: Mapping[str, Any]) -> Iterator[str]:
    for key, title in _FIGURES.items():
        if kept[key] != fresh[key]:
            yield f"{title}（正式结果{_shown(kept[key])}，重算{_shown(fresh[key])}）"
    items = {item["id"]: item for item in kept["items"]}
    for item in fresh["items"]:
        old = items.pop(item["id"], None)
        if old is None:
            yield f"{item['id']}（正式结果没有）"
        elif old["points"] != item["points"]:
            yield f"{item['id']}（正式结果{old['points']}分，重算{item['points']}分）"
        elif old != item:
            yield f"{item['id']}（得分相同，依据不同）"
    yield from (f"{item_id}（规则里没有）" for item_id in items)


def _shown(value: object) -> str:
    return "空白" if value is None else str(value)


def _source_lines(manifest: Manifest, assessment: Assessment) -> Iterator[str]:
    """Where the manifest says otherwise than the files it names."""
    fresh = manifest_of(assessment, manifest.files, manifest.issued)
    for key, title in _SOURCES.items():
        if getattr(manifest, key) != getattr(fresh, key):
            yield f"{MANIFEST_FILE} 与重算不同：{title}"
    for kept, now in zip(manifest.inputs, fresh.inputs, strict=True):
        if kept != now:
            yield f"{MANIFEST_FILE} 与重算不同：收到的文件“{kept.name}”"


def _sha256(path: Path) -> str | None:
    """Hash of a file's content; None where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
