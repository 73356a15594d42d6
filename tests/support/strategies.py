"""Hypothesis strategies: what twelve federations might report, crowded around every threshold and cutoff.

`cohorts` gives valid figures and valid rows. `untidy_cohorts` adds what checks must catch: incomplete rows, dates outside the
period, repeated rows, more done than was due.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from tests.support.oracle import (
    ALL_OF,
    AREAS,
    CHOICES,
    HONOUR_KINDS,
    KEYS,
    LEVELS,
    REACHES,
    TRADE_KINDS,
    YES_NO,
    Row,
    Rows,
    UnitFacts,
    Value,
)

YES_NO_FIELDS: tuple[str, ...] = (*(name for name, _ in YES_NO.values()), "hundred_plan", "hundred_statistics", "hundred_summary")
INTEGER_FIELDS: tuple[str, ...] = (
    *("meetings_due", "meetings_attended", "activities_organised"),
    *(name for name, _, _ in REACHES.values()),
    *("members_start", "members_end", "enterprise_members", "chambers_start", "chambers_end"),
    *(name for done, due, _ in ALL_OF.values() for name in (due, done)),
)
ALL_FIELDS = (*YES_NO_FIELDS, *INTEGER_FIELDS)

REQUIRED: dict[str, tuple[str, ...]] = {
    "articles": ("title", "outlet", "date"),
    "honours": ("area", "kind", "name", "level", "date"),
    "trade_activities": ("kind", "name", "date", "place", "enterprises"),
    "questionnaires": ("title", "date"),
    "topics": ("title", "date"),
    "briefings": ("title", "date", "adopted", "instruction"),
    "proposals": ("title", "date", "adopted"),
}
DATES = (dt.date(2014, 1, 1), dt.date(2014, 2, 28), dt.date(2014, 6, 30), dt.date(2014, 12, 31))
DATES_OUTSIDE = (dt.date(2013, 12, 31), dt.date(2015, 1, 1), dt.date(2004, 6, 30))
TITLES = ("民营经济高质量发展综述", "关于小微企业融资的建议", "“双创”走访手记", "2014 年上半年运行分析", "用工·用电·用地调查")

_passed = (True, True, True)
_gates = st.sampled_from([_passed] * 6 + [None, (False, True, True), (True, False, True), (True, True, False)])


def readings() -> st.SearchStrategy[Mapping[str, str]]:
    """Any combination of choices."""
    return st.fixed_dictionaries({name: st.sampled_from(choices) for name, choices in CHOICES.items()})


def cohorts(codes: Sequence[str]) -> st.SearchStrategy[Mapping[str, UnitFacts]]:
    """Valid facts of the units that reported, at least one of `codes`."""
    return _cohorts(codes, units())


def untidy_cohorts(codes: Sequence[str]) -> st.SearchStrategy[Mapping[str, UnitFacts]]:
    """Facts of the units that reported, with figures and rows among them that must not count."""
    return _cohorts(codes, untidy_units())


@st.composite
def ranked_cohorts(draw: st.DrawFn, codes: Sequence[str]) -> Mapping[str, UnitFacts]:
    """Facts that matter for places only, with few ties or with many: there is a middle between the top and the bottom."""
    spread = draw(st.sampled_from((6, 12, 40)))
    units: dict[str, UnitFacts] = {}
    for code in codes:
        members, part, chambers = (draw(st.integers(0, spread)) for _ in range(3))
        figures: dict[str, Value] = {"members_start": 200, "members_end": 200 + members, "enterprise_members": 100 + part}
        figures |= {"chambers_start": 100, "chambers_end": 90 + chambers}
        units[code] = UnitFacts(figures, {}, (True, True, draw(st.integers(0, 40)) < 40))
    return units


@st.composite
def _cohorts(draw: st.DrawFn, codes: Sequence[str], facts: st.SearchStrategy[UnitFacts]) -> Mapping[str, UnitFacts]:
    size = draw(st.sampled_from([len(codes)] * 4 + [11, 9, 8, 6, 5, 3, 1]))
    return {code: draw(facts) for code in codes[: min(size, len(codes))]}


@st.composite
def units(draw: st.DrawFn) -> UnitFacts:
    """One unit: valid figures, a few of them blank, and valid rows."""
    figures = draw(fields())
    for name in draw(st.lists(st.sampled_from(ALL_FIELDS), max_size=3)):
        figures.pop(name, None)
    return UnitFacts(figures, draw(valid_lists()), draw(_gates))


@st.composite
def untidy_units(draw: st.DrawFn) -> UnitFacts:
    """One unit with faults: more done than due, and rows that are incomplete, out of the period or repeated."""
    tidy = draw(units())
    figures = dict(tidy.fields)
    for done, due in ((done, due) for done, due, _ in (*ALL_OF.values(), ("meetings_attended", "meetings_due", 0))):
        if due in figures and done in figures and draw(st.integers(0, 7)) == 7:
            figures[done] = figures[due] + draw(st.sampled_from((1, 10)))
    rows = {list_id: draw(untidied(list_id, entries)) for list_id, entries in tidy.rows.items()}
    return UnitFacts(figures, rows, tidy.gate)


@st.composite
def fields(draw: st.DrawFn) -> dict[str, Value]:
    """A value for every field; none of them contradicts another."""
    figures: dict[str, Value] = {}
    answers = draw(st.integers(0, 2 ** len(YES_NO_FIELDS) - 1))
    for bit, name in enumerate(YES_NO_FIELDS):
        figures[name] = bool(answers >> bit & 1)
    for name, least, _ in REACHES.values():
        figures[name] = draw(st.sampled_from((0, least - 1, least, least + 1, 7 * least)))
    for done, due in (*((done, due) for done, due, _ in ALL_OF.values()), ("meetings_attended", "meetings_due")):
        figures[due] = draw(st.sampled_from((0, 1, 4, 4, 12)))
        figures[done] = max(0, figures[due] - draw(st.sampled_from((0, 0, 0, 1, 3))))
    figures["activities_organised"] = draw(st.integers(0, 2))

    start = draw(st.sampled_from((0, 1, 50, 100, 100, 300)))
    percent = draw(st.sampled_from((-20, 0, 0, 2, 6, 6, 8, 12)))
    end = max(0, start * (100 + percent) // 100 + draw(st.sampled_from((0, 0, 0, 1, -1))))
    figures["members_start"], figures["members_end"] = start, end
    figures["enterprise_members"] = end * draw(st.integers(0, 4)) // 4
    figures["chambers_start"] = draw(st.sampled_from((0, 1, 2, 4, 10, 10)))
    figures["chambers_end"] = max(0, figures["chambers_start"] + draw(st.integers(-1, 2)))
    return figures


@st.composite
def valid_lists(draw: st.DrawFn) -> dict[str, Rows]:
    """Rows of every list, each complete, in the period and unlike the others."""
    counts = {
        "articles": st.sampled_from((0, 1, 9, 10, 11, 14)),
        "honours": st.integers(0, 5),
        "trade_activities": st.integers(0, 4),
        "questionnaires": st.integers(0, 3),
        "topics": st.integers(0, 3),
        "briefings": st.sampled_from((0, 1, 2, 5, 6, 7, 9)),
        "proposals": st.sampled_from((0, 1, 2, 5, 6, 7, 9)),
    }
    return {list_id: [_row(draw, list_id, number) for number in range(draw(count))] for list_id, count in counts.items()}


def _row(draw: st.DrawFn, list_id: str, number: int) -> dict[str, object]:
    title = f"{TITLES[number % len(TITLES)]}之{number + 1}"
    dice = draw(st.integers(0, 255))  # one draw a row keeps a cohort of twelve quick to make
    flags, rest = dice >> 2 & 3, dice >> 4
    row: dict[str, object] = {"date": DATES[dice & 3]}
    match list_id:
        case "articles":
            row |= {"title": title, "outlet": ("郑州日报", "河南日报")[flags % 2], "link": "第3版" if flags > 1 else None}
        case "honours":
            row |= {"area": AREAS[rest % 3], "kind": HONOUR_KINDS[rest // 3 % 3], "name": title, "level": LEVELS[flags], "document": None}
        case "trade_activities":
            row |= {"kind": TRADE_KINDS[flags // 3], "name": title, "place": "郑州", "enterprises": (0, 1, 14, 15, 16, 29, 30, 31)[rest % 8]}
        case "questionnaires":
            row |= {"title": title}
        case "topics":
            row |= {"title": title, "instruction": "李书记" if flags & 1 else None, "adopted_by": "发展改革委" if flags & 2 else None}
            row |= {"document": None}
        case "briefings":
            row |= {"title": title, "adopted": bool(flags & 1), "instruction": bool(flags & 2)}
        case "proposals":
            row |= {"title": title, "adopted": bool(flags & 1)}
    return row


@st.composite
def untidied(draw: st.DrawFn, list_id: str, rows: Rows) -> Rows:
    """The same rows with faulty ones among them.

    Only sound rows are repeated: whether a row that repeats a rejected one counts is for people to say.
    """
    untidy: list[Row] = []
    for row in rows:
        match draw(st.sampled_from(("sound",) * 5 + ("blank", "outside", "repeat"))):
            case "blank":
                untidy.append({**row, draw(st.sampled_from(REQUIRED[list_id])): None})
            case "outside":
                untidy.append({**row, "date": draw(st.sampled_from(DATES_OUTSIDE))})
            case "repeat":
                untidy += [row, _repeat(draw, list_id, row)]
            case _:
                untidy.append(row)
    return untidy


def _repeat(draw: st.DrawFn, list_id: str, row: Row) -> Row:
    """The row again, its last text key perhaps typed a little differently; other columns may differ altogether."""
    name = "name" if "name" in KEYS[list_id] else "title"
    text = str(row[name])
    typed = draw(st.sampled_from((text, f" {text} ", text.replace("之", "之　"), text.translate(_FULL_WIDTH))))
    other = {} if "date" in KEYS[list_id] else {"date": draw(st.sampled_from(DATES))}
    return {**row, name: typed, **other}


_FULL_WIDTH = {ord("0") + n: chr(ord("０") + n) for n in range(10)}
