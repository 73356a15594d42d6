"""A second opinion: the 2014 notice scored by hand, straight from its clauses.

Nothing here comes from the program. It reads no rulebook and imports nothing but the standard library, so that an
error in the rulebook, in a kind of rule, in a reading or in the ranking shows as a difference between the two.
"""

import datetime as dt
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

Value = int | bool
Row = Mapping[str, object]
Rows = Sequence[Row]

PERIOD = (dt.date(2014, 1, 1), dt.date(2014, 12, 31))

# Every reading with its choices; the first one is the reading taken.
CHOICES: dict[str, tuple[str, str]] = {
    "all-conditions": ("both", "split"),
    "instructions-once": ("once", "each"),
    "honours-once": ("once", "each"),
    "growth-needs-six": ("no", "yes"),
    "middle-4.2": ("1", "0"),
    "middle-6.1": ("1", "0"),
    "articles-cap": ("none", "10"),
    "briefings-cap": ("none", "6"),
    "proposals-cap": ("none", "6"),
    "adoption-stacks": ("yes", "highest"),
    "gate-in-cohort": ("no", "yes"),
    "bonus-in-total": ("yes", "listed"),
}
TAKEN: dict[str, str] = {reading: choices[0] for reading, choices in CHOICES.items()}

UNCAPPED = frozenset({"3.2", "15.1", "15.2b", "15.4a", "15.4b", "15.4c", "15.5a", "15.5b"})
BONUS = frozenset({"14.2", "15.2a", "15.2b"})

YES_NO: dict[str, tuple[str, int]] = {
    "1.2": ("tasks_done", 5),
    "2.1": ("ideals_plan", 2),
    "3.3": ("training_done", 2),
    "3.4a": ("culture_guidance", 2),
    "4.3a": ("member_rules", 2),
    "4.3b": ("member_ledger", 2),
    "4.4": ("development_plan", 2),
    "4.5": ("statistics_reported", 2),
    "4.6a": ("db_organisation", 2),
    "4.6b": ("db_chambers", 2),
    "4.6c": ("db_members", 2),
    "5.1": ("five_assurances", 2),
    "5.2a": ("five_good_plan", 2),
    "5.2b": ("five_good_targets", 2),
    "6.4": ("chamber_ledgers", 2),
    "7.1": ("top_ten_highlight", 2),
    "10.1a": ("xinyang_trip", 2),
    "10.1b": ("guangcai_survey", 3),
    "10.3a": ("large_enterprise_survey", 3),
    "10.3b": ("top100_recommended", 2),
    "11.1": ("sme_finance", 2),
    "11.2": ("legal_aid", 2),
    "11.3": ("tripartite", 2),
    "12.1": ("third_party_evaluation", 3),
    "13.1": ("villages_statistics", 2),
    "13.2": ("villages_agreements", 2),
    "13.3": ("villages_cases", 2),
    "15.3": ("sme_monitoring", 2),
}
REACHES: dict[str, tuple[str, int, int]] = {
    "1.3": ("website_items", 100, 5),
    "2.2": ("ideals_briefs", 1, 2),
    "3.1": ("study_sessions", 2, 2),
    "3.4b": ("culture_events", 1, 2),
    "10.2": ("hiring_intentions", 100, 2),
}
ALL_OF: dict[str, tuple[str, str, int]] = {
    "6.2": ("townships_with_chamber", "townships_total", 2),
    "6.3": ("clusters_with_chamber", "clusters_total", 2),
    "8.1": ("committee_attended", "committee_due", 2),
}

AREAS = ("理想信念教育", "招商引资", "百千万工程")
HONOUR_KINDS = ("领导批示", "表彰", "经验介绍")
LEVELS = ("县级", "市级", "省级", "国家级")
TRADE_KINDS = ("招商引资", "走出去")
CITY_OR_ABOVE = LEVELS[1:]

KEYS: dict[str, tuple[str, ...]] = {
    "articles": ("title", "outlet"),
    "honours": ("area", "kind", "name"),
    "trade_activities": ("kind", "name", "date"),
    "questionnaires": ("title",),
    "topics": ("title",),
    "briefings": ("title",),
    "proposals": ("title",),
}


@dataclass(frozen=True)
class UnitFacts:
    """What one unit reported and what the inspection found.

    An absent field is a blank cell. `gate` holds institution, staff and funding in that order, None before the inspection.
    """

    fields: Mapping[str, Value] = field(default_factory=dict)
    rows: Mapping[str, Rows] = field(default_factory=dict)
    gate: tuple[bool, bool, bool] | None = (True, True, True)

    @property
    def failed_gate(self) -> bool:
        return self.gate is not None and not all(self.gate)


@dataclass(frozen=True)
class UnitResult:
    """Points by item and their sums. A unit that failed the gate has no sums, no place and no points at all."""

    points: Mapping[str, Fraction]
    total: Fraction | None
    capped: Fraction | None
    uncapped: Fraction | None
    bonus: Fraction | None
    place: int | None


def score(units: Mapping[str, UnitFacts], readings: Mapping[str, str]) -> Mapping[str, UnitResult]:
    """Score every unit that reported. `readings` names the choices that differ from the ones taken."""
    taken = {**TAKEN, **readings}
    keep_failed = taken["gate-in-cohort"] == "yes"
    ranked = {name: facts for name, facts in units.items() if keep_failed or not facts.failed_gate}
    members = _values(ranked, lambda facts: growth(facts, "members"))
    share = _values(ranked, enterprise_share)
    chambers = _values(ranked, lambda facts: growth(facts, "chambers"))

    points = {
        name: {
            **_single_items(facts, taken),
            **_list_items(facts, taken),
            "4.1b": _member_growth_place(name, members, taken),
            "4.2": _band(name, share, 5, 5, int(taken["middle-4.2"])),
            "6.1": _band(name, chambers, 3, 8, int(taken["middle-6.1"])),
        }
        for name, facts in units.items()
        if not facts.failed_gate
    }
    sums = {name: _sums(by_item, taken) for name, by_item in points.items()}
    listed_only = taken["bonus-in-total"] == "listed"
    total_of = {name: capped + uncapped - (bonus if listed_only else 0) for name, (capped, uncapped, bonus) in sums.items()}
    nothing = UnitResult({}, None, None, None, None, None)
    results: dict[str, UnitResult] = {}
    for name in units:
        if name not in points:
            results[name] = nothing
            continue
        capped, uncapped, bonus = sums[name]
        total = total_of[name]
        place = _above(name, total_of) + 1
        results[name] = UnitResult({item: Fraction(n) for item, n in points[name].items()}, total, capped, uncapped, bonus, place)
    return results


def capped_items(readings: Mapping[str, str]) -> frozenset[str]:
    """The items that have a highest score under these readings."""
    return frozenset(ITEMS) - _uncapped_items({**TAKEN, **readings})


def _uncapped_items(taken: Mapping[str, str]) -> frozenset[str]:
    items = set(UNCAPPED)
    if taken["instructions-once"] == "each":
        items |= {"2.3a", "9.3a", "15.2a"}
    if taken["honours-once"] == "each":
        items |= {"2.3b", "9.3b"}
    if taken["articles-cap"] == "10":
        items.discard("3.2")
    if taken["briefings-cap"] == "6":
        items.discard("15.4a")
    if taken["proposals-cap"] == "6":
        items.discard("15.5a")
    return frozenset(items)


def _sums(points: Mapping[str, int], taken: Mapping[str, str]) -> tuple[Fraction, Fraction, Fraction]:
    """Capped, uncapped and bonus; the bonus points are part of the first two, wherever the total leaves them."""
    open_ended = _uncapped_items(taken)
    capped = sum(n for item, n in points.items() if item not in open_ended)
    uncapped = sum(n for item, n in points.items() if item in open_ended)
    bonus = sum(points[item] for item in BONUS)
    return Fraction(capped), Fraction(uncapped), Fraction(bonus)


# One unit by itself


def _single_items(facts: UnitFacts, taken: Mapping[str, str]) -> dict[str, int]:
    points = {"1.1": _meetings(facts, taken)}
    for item, (name, worth) in YES_NO.items():
        points[item] = worth if facts.fields.get(name) is True else 0
    for item, (name, least, worth) in REACHES.items():
        number = _number(facts, name)
        points[item] = worth if number is not None and number >= least else 0
    for item, (done, due, worth) in ALL_OF.items():
        points[item] = worth if _complete(facts, done, due) else 0
    rate = growth(facts, "members")
    points["4.1a"] = 2 if rate is not None and rate >= Fraction(6, 100) else 0
    hundred = ("hundred_plan", "hundred_statistics", "hundred_summary")
    points["14.1"] = 3 if all(facts.fields.get(name) is True for name in hundred) else 0
    return points


def _meetings(facts: UnitFacts, taken: Mapping[str, str]) -> int:
    due, attended = _number(facts, "meetings_due"), _number(facts, "meetings_attended")
    organised = _number(facts, "activities_organised")
    if due is None or attended is None or organised is None or attended > due:
        return 0  # a blank or an impossible figure is an error, and an error blocks the item
    present = attended == due > 0
    active = organised >= 1
    if taken["all-conditions"] == "split":
        return 4 * present + 4 * active
    return 8 if present and active else 0


def _complete(facts: UnitFacts, done: str, due: str) -> bool:
    actual, expected = _number(facts, done), _number(facts, due)
    return actual is not None and expected is not None and actual == expected > 0


def _number(facts: UnitFacts, name: str) -> int | None:
    value = facts.fields.get(name)
    if value is None or isinstance(value, bool) or value < 0:
        return None
    return value


def _list_items(facts: UnitFacts, taken: Mapping[str, str]) -> dict[str, int]:
    valid = {list_id: valid_rows(list_id, facts.rows.get(list_id, ())) for list_id in KEYS}
    honours = valid["honours"]
    each_instruction = taken["instructions-once"] == "each"
    each_honour = taken["honours-once"] == "each"
    highest_only = taken["adoption-stacks"] == "highest"

    points: dict[str, int] = {}
    for section, area in (("2.3", "理想信念教育"), ("9.3", "招商引资")):
        mine = [row for row in honours if row["area"] == area]
        instructions = _count(mine, lambda row: row["kind"] == "领导批示")
        praised = _count(mine, lambda row: row["kind"] != "领导批示" and row["level"] in CITY_OR_ABOVE)
        points[f"{section}a"] = 2 * (instructions if each_instruction else min(instructions, 1))
        points[f"{section}b"] = 2 * (praised if each_honour else min(praised, 1))
    hundred = _count(honours, lambda row: row["area"] == "百千万工程" and row["kind"] == "表彰" and row["level"] in CITY_OR_ABOVE)
    points["14.2"] = 3 if hundred else 0

    articles = len(valid["articles"])
    points["3.2"] = min(articles, 10) if taken["articles-cap"] == "10" else articles

    invited = [row["enterprises"] for row in valid["trade_activities"] if row["kind"] == "招商引资"]
    points["9.1a"] = 2 if sum(n for n in invited if isinstance(n, int)) >= 30 else 0
    points["9.1b"] = 2 if len(invited) >= 2 else 0
    points["9.2"] = 3 if _count(valid["trade_activities"], lambda row: row["kind"] == "走出去") else 0

    points["15.1"] = 2 * len(valid["questionnaires"])

    topics = valid["topics"]
    instructed = _count(topics, lambda row: _filled(row.get("instruction")))
    points["15.2a"] = 5 * (instructed if each_instruction else min(instructed, 1))
    points["15.2b"] = 5 * _count(topics, lambda row: _filled(row.get("adopted_by")) and not (highest_only and _filled(row.get("instruction"))))

    briefings = valid["briefings"]
    sent = _count(briefings, lambda row: not (highest_only and (row["adopted"] or row["instruction"])))
    points["15.4a"] = 2 * (min(sent, 6) if taken["briefings-cap"] == "6" else sent)
    points["15.4b"] = 3 * _count(briefings, lambda row: row["adopted"] is True and not (highest_only and row["instruction"] is True))
    points["15.4c"] = 5 * _count(briefings, lambda row: row["instruction"] is True)

    proposals = valid["proposals"]
    offered = _count(proposals, lambda row: not (highest_only and row["adopted"]))
    points["15.5a"] = 2 * (min(offered, 6) if taken["proposals-cap"] == "6" else offered)
    points["15.5b"] = 3 * _count(proposals, lambda row: row["adopted"] is True)
    return points


def _count(rows: Iterable[Row], wanted: Callable[[Row], object]) -> int:
    return sum(1 for row in rows if wanted(row))


# Rows


def valid_rows(list_id: str, rows: Rows) -> list[Row]:
    """Rows that are complete, in the period and do not repeat an earlier row."""
    seen: set[tuple[str, ...]] = set()
    valid: list[Row] = []
    for row in rows:
        values = [row.get(column) for column in KEYS[list_id]]
        key = tuple(_normal(value) for value in values) if all(_filled(value) for value in values) else None
        repeated = key in seen
        if key is not None:
            seen.add(key)
        if not repeated and _well_formed(list_id, row):
            valid.append(row)
    return valid


def _well_formed(list_id: str, row: Row) -> bool:
    date = row.get("date")
    if not isinstance(date, dt.date) or not PERIOD[0] <= date <= PERIOD[1]:
        return False
    match list_id:
        case "articles":
            return _filled(row.get("title")) and _filled(row.get("outlet"))
        case "honours":
            named = row.get("area") in AREAS and row.get("kind") in HONOUR_KINDS and row.get("level") in LEVELS
            return named and _filled(row.get("name"))
        case "trade_activities":
            enterprises = row.get("enterprises")
            counted = isinstance(enterprises, int) and not isinstance(enterprises, bool) and enterprises >= 0
            return counted and row.get("kind") in TRADE_KINDS and _filled(row.get("name")) and _filled(row.get("place"))
        case "questionnaires" | "topics":
            return _filled(row.get("title"))
        case "briefings":
            return _filled(row.get("title")) and isinstance(row.get("adopted"), bool) and isinstance(row.get("instruction"), bool)
        case "proposals":
            return _filled(row.get("title")) and isinstance(row.get("adopted"), bool)
    raise KeyError(list_id)


def _filled(value: object) -> bool:
    return value is not None and str(value).strip() != ""


def _normal(value: object) -> str:
    return "".join(unicodedata.normalize("NFKC", str(value)).casefold().split())


# Places


def growth(facts: UnitFacts, what: str) -> Fraction | None:
    start, end = _number(facts, f"{what}_start"), _number(facts, f"{what}_end")
    return Fraction(end - start, start) if start and end is not None else None


def enterprise_share(facts: UnitFacts) -> Fraction | None:
    part, whole = _number(facts, "enterprise_members"), _number(facts, "members_end")
    return Fraction(part, whole) if whole and part is not None else None


def _values(units: Mapping[str, UnitFacts], metric: Callable[[UnitFacts], Fraction | None]) -> dict[str, Fraction]:
    values = {name: metric(facts) for name, facts in units.items()}
    return {name: value for name, value in values.items() if value is not None}


def _member_growth_place(name: str, values: Mapping[str, Fraction], taken: Mapping[str, str]) -> int:
    if name not in values or values[name] <= 0:
        return 0
    if taken["growth-needs-six"] == "yes" and values[name] < Fraction(6, 100):
        return 0
    return 2 if _above(name, values) < 5 else 0


def _band(name: str, values: Mapping[str, Fraction], top: int, bottom: int, middle: int) -> int:
    if name not in values:
        return 0
    below = sum(1 for value in values.values() if value < values[name])
    if _above(name, values) < top:
        return 2
    return 1 if below < bottom else middle


def _above(name: str, values: Mapping[str, Fraction]) -> int:
    return sum(1 for value in values.values() if value > values[name])


ITEMS: tuple[str, ...] = (
    *("1.1", "1.2", "1.3"),
    *("2.1", "2.2", "2.3a", "2.3b"),
    *("3.1", "3.2", "3.3", "3.4a", "3.4b"),
    *("4.1a", "4.1b", "4.2", "4.3a", "4.3b", "4.4", "4.5", "4.6a", "4.6b", "4.6c"),
    *("5.1", "5.2a", "5.2b"),
    *("6.1", "6.2", "6.3", "6.4"),
    "7.1",
    "8.1",
    *("9.1a", "9.1b", "9.2", "9.3a", "9.3b"),
    *("10.1a", "10.1b", "10.2", "10.3a", "10.3b"),
    *("11.1", "11.2", "11.3"),
    "12.1",
    *("13.1", "13.2", "13.3"),
    *("14.1", "14.2"),
    *("15.1", "15.2a", "15.2b", "15.3", "15.4a", "15.4b", "15.4c", "15.5a", "15.5b"),
)
