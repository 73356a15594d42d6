"""Readings of unclear clauses: every choice changes exactly what it says, and can be taken back."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from kaohe import PROGRAM_ROOT
from kaohe.rulebook.loader import load_rulebook
from kaohe.rulebook.model import Rulebook, Settings
from kaohe.rulebook.readings import apply_readings
from tests.support import strategies
from tests.support.oracle import CHOICES, TAKEN, capped_items

RULES = PROGRAM_ROOT / "rules" / "2014"


@cache
def rulebook() -> Rulebook:
    return load_rulebook(RULES)


def rules(book: Rulebook) -> dict[str, dict[str, Any]]:
    """Every item's rule, without what is left at its default."""
    return {item.id: item.rule.model_dump(mode="json", exclude_defaults=True) for item in book.items.values()}


PRAISE = {"kind": ["表彰", "经验介绍"], "level": ["市级", "省级", "国家级"]}
MEMBERS = {"measure": "growth", "start": "members_start", "end": "members_end"}
CHANGED: dict[tuple[str, str], dict[str, dict[str, Any]]] = {
    ("all-conditions", "split"): {
        "1.1": {
            "kind": "all_of",
            "earns": "8",
            "partial": True,
            "conditions": [
                {"kind": "all_done", "done": "meetings_attended", "due": "meetings_due"},
                {"kind": "at_least", "field": "activities_organised", "at_least": 1},
            ],
        },
    },
    ("instructions-once", "each"): {
        "2.3a": {"kind": "per_row", "list": "honours", "where": {"area": ["理想信念教育"], "kind": ["领导批示"]}, "earns": "2"},
        "9.3a": {"kind": "per_row", "list": "honours", "where": {"area": ["招商引资"], "kind": ["领导批示"]}, "earns": "2"},
        "15.2a": {"kind": "per_row", "list": "topics", "where": {"instruction": ["*"]}, "earns": "5"},
    },
    ("honours-once", "each"): {
        "2.3b": {"kind": "per_row", "list": "honours", "where": {"area": ["理想信念教育"], **PRAISE}, "earns": "2"},
        "9.3b": {"kind": "per_row", "list": "honours", "where": {"area": ["招商引资"], **PRAISE}, "earns": "2"},
    },
    ("growth-needs-six", "yes"): {
        "4.1b": {"kind": "rank", "metric": MEMBERS, "top": 5, "top_earns": "2", "above": "0", "at_least": "3/50"},
    },
    ("middle-4.2", "0"): {
        "4.2": {
            "kind": "rank",
            "metric": {"measure": "ratio", "part": "enterprise_members", "whole": "members_end"},
            "top": 5,
            "top_earns": "2",
            "bottom": 5,
            "bottom_earns": "1",
        },
    },
    ("middle-6.1", "0"): {
        "6.1": {
            "kind": "rank",
            "metric": {"measure": "growth", "start": "chambers_start", "end": "chambers_end"},
            "top": 3,
            "top_earns": "2",
            "bottom": 8,
            "bottom_earns": "1",
        },
    },
    ("articles-cap", "10"): {"3.2": {"kind": "per_row", "list": "articles", "earns": "1", "most_rows": 10}},
    ("briefings-cap", "6"): {"15.4a": {"kind": "per_row", "list": "briefings", "earns": "2", "most_rows": 6}},
    ("proposals-cap", "6"): {"15.5a": {"kind": "per_row", "list": "proposals", "earns": "2", "most_rows": 6}},
    ("adoption-stacks", "highest"): {
        "15.2b": {"kind": "per_row", "list": "topics", "where": {"adopted_by": ["*"], "instruction": [""]}, "earns": "5"},
        "15.4a": {"kind": "per_row", "list": "briefings", "where": {"adopted": ["否"], "instruction": ["否"]}, "earns": "2"},
        "15.4b": {"kind": "per_row", "list": "briefings", "where": {"adopted": ["是"], "instruction": ["否"]}, "earns": "3"},
        "15.5a": {"kind": "per_row", "list": "proposals", "where": {"adopted": ["否"]}, "earns": "2"},
    },
    ("gate-in-cohort", "yes"): {},
    ("bonus-in-total", "listed"): {},
}
OTHERS = [(reading, choices[1]) for reading, choices in CHOICES.items()]


def test_every_other_choice_is_told_here() -> None:
    assert list(CHANGED) == OTHERS


@pytest.mark.parametrize(("reading", "choice"), OTHERS)
def test_a_choice_changes_exactly_these_rules(reading: str, choice: str) -> None:
    before, after = rules(rulebook()), rules(apply_readings(rulebook(), {reading: choice}))
    assert list(before) == list(after)
    assert {item: rule for item, rule in after.items() if rule != before[item]} == CHANGED[reading, choice]


@pytest.mark.parametrize(("reading", "choice"), OTHERS)
def test_a_choice_changes_nothing_that_the_form_asks(reading: str, choice: str) -> None:
    other = apply_readings(rulebook(), {reading: choice})
    assert other.form_hash == rulebook().form_hash
    assert other.rules_hash != rulebook().rules_hash
    assert (other.fields, other.lists, other.gate, other.not_scored) == (
        rulebook().fields,
        rulebook().lists,
        rulebook().gate,
        rulebook().not_scored,
    )


@pytest.mark.parametrize(("reading", "choice"), OTHERS)
def test_a_choice_changes_which_items_have_a_cap(reading: str, choice: str) -> None:
    other = apply_readings(rulebook(), {reading: choice})
    assert {item.id for item in other.items.values() if item.rule.maximum() is not None} == capped_items({reading: choice})


def test_settings_of_the_readings() -> None:
    assert rulebook().settings == Settings(gated_keep_place=False, bonus_in_total=True)
    assert apply_readings(rulebook(), {"gate-in-cohort": "yes"}).settings == Settings(gated_keep_place=True, bonus_in_total=True)
    assert apply_readings(rulebook(), {"bonus-in-total": "listed"}).settings == Settings(gated_keep_place=False, bonus_in_total=False)
    both = apply_readings(rulebook(), {"gate-in-cohort": "yes", "bonus-in-total": "listed"})
    assert both.settings == Settings(gated_keep_place=True, bonus_in_total=False)


def test_the_rulebook_says_which_choices_it_was_given() -> None:
    other = apply_readings(rulebook(), {"articles-cap": "10", "middle-4.2": "0"})
    assert {reading.id: reading.taken for reading in other.readings} == {**TAKEN, "articles-cap": "10", "middle-4.2": "0"}


def test_the_readings_taken_change_nothing() -> None:
    assert apply_readings(rulebook(), {}) == rulebook()
    assert apply_readings(rulebook(), TAKEN) == rulebook()


def test_readings_leave_the_rulebook_they_were_given_as_it_was() -> None:
    before = rulebook().rules_hash
    apply_readings(rulebook(), dict(OTHERS))
    assert rulebook().rules_hash == before


@given(strategies.readings())
@settings(max_examples=25, deadline=None, derandomize=True)
def test_choices_together_change_what_each_changes_alone(taken: Mapping[str, str]) -> None:
    expected = rules(rulebook())
    for reading, choice in taken.items():
        for item, rule in CHANGED.get((reading, choice), {}).items():
            default = rules(rulebook())[item]
            gone = default.keys() - rule.keys()
            new = {key: value for key, value in rule.items() if default.get(key) != value}
            expected[item] = {key: value for key, value in expected[item].items() if key not in gone} | new
    assert rules(apply_readings(rulebook(), taken)) == expected


@pytest.mark.parametrize(("reading", "choice"), OTHERS)
def test_a_choice_can_be_taken_back(reading: str, choice: str) -> None:
    other = apply_readings(rulebook(), {reading: choice})
    assert apply_readings(other, {reading: TAKEN[reading]}).rules_hash == rulebook().rules_hash


@pytest.mark.parametrize(("reading", "choice"), OTHERS)
def test_a_reading_not_named_stays_as_it_was_taken(reading: str, choice: str) -> None:
    other = apply_readings(rulebook(), {reading: choice})
    assert apply_readings(other, {}).rules_hash == other.rules_hash


def test_a_rulebook_may_take_another_choice_and_the_office_the_first(tmp_path: Path) -> None:
    text = (RULES / "rulebook.toml").read_text(encoding="utf-8")
    old, new = 'id = "middle-4.2"\nclauses = ["4.2"]', 'taken = "1"'
    place = text.index(new, text.index(old))
    (tmp_path / "rulebook.toml").write_text(text[:place] + 'taken = "0"' + text[place + len(new) :], encoding="utf-8")
    (tmp_path / "notice.txt").write_bytes((RULES / "notice.txt").read_bytes())
    stricter = load_rulebook(tmp_path)
    assert rules(stricter)["4.2"] == CHANGED["middle-4.2", "0"]["4.2"]
    assert rules(apply_readings(stricter, {"middle-4.2": "1"}))["4.2"] == rules(rulebook())["4.2"]


@pytest.mark.parametrize("taken", [{"all-condition": "both"}, {"all-conditions": "maybe"}])
def test_unknown_readings_and_choices_are_refused(taken: dict[str, str]) -> None:
    with pytest.raises(KeyError):
        apply_readings(rulebook(), taken)


def test_the_form_hash_tells_what_a_form_asks(tmp_path: Path) -> None:
    text = (RULES / "rulebook.toml").read_text(encoding="utf-8")
    (tmp_path / "notice.txt").write_bytes((RULES / "notice.txt").read_bytes())
    hashes = []
    for old, new in (
        ('label = "是否积极配合完成临时性工作"', 'label = "临时性工作是否完成"'),
        ('label = "版面或链接"\ntype = "text"\nrequired = false', 'label = "版面或链接"\ntype = "text"'),
        ('key = ["title", "outlet"]', 'key = ["title"]'),
    ):
        assert text.count(old) == 1
        (tmp_path / "rulebook.toml").write_text(text.replace(old, new), encoding="utf-8")
        hashes.append(load_rulebook(tmp_path).form_hash)
    assert [digest == rulebook().form_hash for digest in hashes] == [True, False, False]
