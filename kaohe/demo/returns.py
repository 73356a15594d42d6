"""What the counties of the demonstration send: invented, deterministic, and with the mishaps that really happen."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from kaohe.config.model import Period, Unit
from kaohe.rulebook.model import Column, GateCondition, Rulebook

OUTLETS = ("河南日报", "郑州日报", "郑州晚报", "中华工商时报", "大河网", "河南商报")
TOPICS = ("小微企业融资难问题", "民营企业转型升级", "商会承接政府职能转移", "年轻一代非公经济人士培养", "产业集聚区用工", "电子商务与传统商贸融合")
BRIEFS = ("用工成本上升", "过桥贷款利率偏高", "环保技改补贴申报", "物流用地紧张", "企业互保风险", "人才公寓需求", "营改增后税负变化", "涉企收费项目")
PROPOSALS = ("规范涉企检查", "设立应急转贷资金", "完善园区公交线路", "扩大政府采购中小企业份额", "加强知识产权保护", "清理拖欠账款")
FAIRS = ("甲午年黄帝故里拜祖大典", "河南省投资贸易洽谈会", "中国（郑州）产业转移系列对接活动", "郑州全国商品交易会")
FAILING = 4
"""Place of the unit at which a precondition is found missing."""

_ENOUGH = 7
"""Units for all the mishaps."""

TRIPS = (("赴长三角经贸考察", "苏州"), ("赴珠三角产业对接", "东莞"), ("赴东盟博览会考察", "南宁"), ("赴京津冀招商考察", "天津"))


@dataclass(frozen=True)
class Return:
    """One file that a unit sends: its name, age in hours, and what is typed into the form."""

    unit: str
    name: str
    hours_ago: int
    fields: dict[str, Any]
    rows: dict[str, list[dict[str, Any]]]
    evidence: dict[str, str] = field(default_factory=dict)
    machine: dict[str, str] = field(default_factory=dict)


def demo_returns(rulebook: Rulebook, units: Sequence[Unit], period: Period, *, mishaps: bool = True) -> list[Return]:
    """The returns: one unit missing, one wrong year, one with mistakes of each severity, one re-sent, two alike in every figure, one in a mail,
    one in an archive.

    Without ``mishaps`` every unit sends a sound form.
    """
    returns = []
    for n, unit in enumerate(units):
        luck = random.Random(f"{rulebook.year}-{8 if n == 9 else n}")
        fields, entries = figures(rulebook, luck), fitting(rulebook, rows(unit, luck, rulebook.year), period)
        evidence = {f.id: f"佐证{k}" for k, f in enumerate(rulebook.fields.values(), start=1)}
        returns.append(Return(unit.code, _file_name(unit, n, rulebook.year), 60 - 4 * n, fields, entries, evidence))
    if not mishaps or len(units) < _ENOUGH:
        return returns
    del returns[2]
    by_code = {entry.unit: position for position, entry in enumerate(returns)}
    _wrong_year(returns, by_code[units[3].code], rulebook.year)
    _careless(returns[by_code[units[6].code]], rulebook, period)
    for position, name in ((8, "{s}报送材料.zip"), (11, "{s}来信.eml")):
        if position < len(units):
            place = by_code[units[position].code]
            returns[place] = replace(returns[place], name=name.format(s=units[position].short))
    _sent_twice(returns, by_code[units[1].code])
    return returns


def remark(missing: GateCondition) -> str:
    """What a group writes beside a precondition that it found missing."""
    return "办公经费未列入本级财政预算" if missing.id == "gate_funding" else f"现场查看，没有做到“{missing.label}”"


def fitting(rulebook: Rulebook, entries: dict[str, list[dict[str, Any]]], period: Period) -> dict[str, list[dict[str, Any]]]:
    """Rows for the rulebook's own lists and columns: those invented for another notice are left out, those it asks besides are made up, all within the period."""
    found = {}
    for entry in rulebook.lists:
        given = entries.get(entry.id, [{} for _ in range(3)])
        kept = [
            row for row in given if all(not column.choices or row.get(column.id, column.choices[0]) in column.choices for column in entry.columns)
        ]
        found[entry.id] = [
            {column.id: _within(row[column.id], period) if column.id in row else _made_up(column, n, period) for column in entry.columns}
            for n, row in enumerate(kept)
        ]
    return found


def _within(value: Any, period: Period) -> Any:
    return min(max(value, period.start), period.end) if isinstance(value, date) else value


def _made_up(column: Column, n: int, period: Period) -> Any:
    match column.type:
        case "date":
            return period.end - timedelta(days=10 * (n + 1))
        case "integer":
            return 5 + n
        case "yes_no":
            return n % 2 == 0
        case "choice":
            return column.choices[n % len(column.choices)]
        case _:
            return f"{column.label}（{n + 1}）" if column.required else None


def _file_name(unit: Unit, n: int, year: int) -> str:
    patterns = (f"{year}年度考核填报表-{{s}}.xlsx", "{a}工商联考核表.xlsx", "{a}/填报表（盖章版）.xlsx", "填报表-{s}-终稿.xlsx")
    return patterns[n % len(patterns)].format(s=unit.short, a=unit.aliases[0] if unit.aliases else unit.short)


def figures(rulebook: Rulebook, luck: random.Random) -> dict[str, Any]:
    """Invented values of every field, possible together."""
    found: dict[str, Any] = {}
    for entry in rulebook.fields.values():
        found[entry.id] = luck.random() < 0.87 if entry.type == "yes_no" else luck.randint(1, 6)
    due = luck.randint(6, 10)
    start, chambers, towns, clusters, seats = (luck.randint(*r) for r in ((800, 2400), (18, 40), (8, 16), (1, 4), (10, 24)))
    end = start + start * luck.randint(2, 14) // 100
    known: dict[str, Any] = {
        "meetings_due": due,
        "meetings_attended": due - (luck.random() < 0.2),
        "website_items": luck.randint(70, 180),
        "members_start": start,
        "members_end": end,
        "enterprise_members": end * luck.randint(58, 83) // 100,
        "chambers_start": chambers,
        "chambers_end": chambers + luck.randint(0, 6),
        "townships_total": towns,
        "townships_with_chamber": towns - (luck.random() < 0.35),
        "clusters_total": clusters,
        "clusters_with_chamber": clusters,
        "committee_due": seats,
        "committee_attended": seats - luck.randint(0, 1),
        "hiring_intentions": luck.randint(40, 320),
    }
    found |= known
    for first, then in rulebook.growth_pairs:
        if first not in known:
            found[first] = luck.randint(200, 400)
            found[then] = found[first] + found[first] * luck.randint(2, 14) // 100
    for small, large in rulebook.never_above:
        found[small] = min(found[small], found[large])
    return {entry: value for entry, value in found.items() if entry in rulebook.fields}


def rows(unit: Unit, luck: random.Random, year: int) -> dict[str, list[dict[str, Any]]]:
    """Invented rows of every list, about the unit's own place."""
    place = unit.aliases[0] if unit.aliases else unit.short

    def day() -> date:
        return date(year, 1, 6) + timedelta(days=luck.randint(0, 340))

    def some(most: int) -> int:
        return luck.randint(0, most)

    return {
        "articles": [
            {"title": f"{place}：{topic}的探索（{n + 1}）", "outlet": luck.choice(OUTLETS), "date": day(), "link": luck.choice(["A03版", None])}
            for n, topic in enumerate(luck.choices(TOPICS, k=2 + some(7)))
        ],
        "honours": _honours(place, luck, year, day),
        "trade_activities": [
            *(
                {"kind": "招商引资", "name": fair, "date": day(), "place": "郑州", "enterprises": luck.randint(6, 24)}
                for fair in luck.sample(FAIRS, 1 + some(2))
            ),
            *(
                {"kind": "走出去", "name": f"{place}{trip}", "date": day(), "place": where, "enterprises": luck.randint(4, 15)}
                for trip, where in luck.sample(TRIPS, some(2))
            ),
        ],
        "questionnaires": [{"title": f"{year}年第{q}季度民营企业景气问卷", "date": day()} for q in range(1, 1 + some(4))],
        "topics": [
            {
                "title": f"{place}{topic}调研",
                "date": day(),
                "instruction": luck.choice(["区委副书记批示", None]),
                "adopted_by": luck.choice(["区发展改革委", None]),
                "document": None,
            }
            for topic in luck.sample(TOPICS, some(2))
        ],
        "briefings": [
            {"title": f"{place}企业反映{brief}", "date": day(), "adopted": luck.random() < 0.5, "instruction": luck.random() < 0.12}
            for brief in luck.sample(BRIEFS, 1 + some(6))
        ],
        "proposals": [
            {"title": f"关于{place}{proposal}的建议", "date": day(), "adopted": luck.random() < 0.3} for proposal in luck.sample(PROPOSALS, some(4))
        ],
    }


def _honours(place: str, luck: random.Random, year: int, day: Callable[[], date]) -> list[dict[str, Any]]:
    def honour(area: str, kind: str, name: str, level: str = "市级") -> dict[str, Any]:
        return {"area": area, "kind": kind, "name": name, "level": level, "date": day(), "document": None}

    found = [honour("招商引资", "领导批示", f"关于{place}组织企业参加郑交会的批示")]
    if luck.random() < 0.7:
        found.append(honour("理想信念教育", "经验介绍", "全市理想信念教育实践活动推进会发言"))
    if luck.random() < 0.5:
        prize = honour("百千万工程", "表彰", f"{year}年度“百千万工程”先进单位", luck.choice(["县级", "市级"]))
        found.append(prize | {"document": f"郑统通〔{year}〕{luck.randint(3, 40)}号"})
    return found


def _wrong_year(returns: list[Return], position: int, year: int) -> None:
    entry = returns[position]
    returns[position] = Return(
        entry.unit,
        entry.name,
        entry.hours_ago,
        entry.fields,
        entry.rows,
        entry.evidence,
        {"year": str(year - 1), "version": f"{year - 1}.1", "form_hash": "0" * 16},
    )


def _careless(entry: Return, rulebook: Rulebook, period: Period) -> None:
    """Mistakes of each severity, as they are really made."""
    mistakes = {
        "townships_total": 12,
        "townships_with_chamber": 15,
        "hiring_intentions": "约120",
        "website_items": "１２６条",
        "members_end": entry.fields.get("members_start", 0) * 3,
        "training_done": None,
        "statistics_reported": "部分上报",
    }
    entry.fields.update({name: value for name, value in mistakes.items() if name in rulebook.fields})
    entry.evidence.pop("study_sessions", None)
    if entry.rows.get("articles"):
        entry.rows["articles"] += [
            dict(entry.rows["articles"][0]),
            {"title": "去年的一篇报道", "outlet": "郑州日报", "date": period.start - timedelta(days=54), "link": None},
            {"title": "没有写媒体的报道", "outlet": None, "date": date(rulebook.year, 5, 6), "link": None},
        ]
    if "briefings" in entry.rows:
        entry.rows["briefings"].append(
            {"title": '=HYPERLINK("http://example.invalid","企业反映")', "date": f"{rulebook.year}年6月", "adopted": "否", "instruction": "否"}
        )


def _sent_twice(returns: list[Return], position: int) -> None:
    final = returns[position]
    draft = final.fields | {name: value for name, value in {"website_items": 61, "culture_events": None}.items() if name in final.fields}
    returns.insert(position, Return(final.unit, f"初稿/{final.name}", final.hours_ago + 30, draft, final.rows, final.evidence))
