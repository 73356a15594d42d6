"""``results.json``, written piece by piece, is what a plain dump of the whole would be."""

import csv
import json
from dataclasses import replace

from kaohe.publish.results import results_chunks, results_data, results_json, scores_csv
from kaohe.scoring.scorecard import UnitState
from tests.support.sample import assessment


def test_pieces_make_the_whole() -> None:
    found = assessment()
    assert results_json(found) == (json.dumps(results_data(found), ensure_ascii=False, indent=1) + "\n").encode()
    assert len(list(results_chunks(found))) > len(found.cards) + len(found.findings) + len(found.files)


def test_nothing_received_is_an_empty_list() -> None:
    found = replace(assessment(), findings=(), files=())
    assert results_json(found) == (json.dumps(results_data(found), ensure_ascii=False, indent=1) + "\n").encode()
    assert results_data(found)["files"] == []


def test_text_of_units_is_escaped() -> None:
    found = assessment()
    odd = replace(found, findings=(replace(found.findings[0], found='"\\\n\u2028\t</script>{{'),))
    assert json.loads(results_json(odd))["findings"][0]["found"] == '"\\\n\u2028\t</script>{{'


def test_scores_are_a_line_a_unit_and_blank_where_there_is_no_score() -> None:
    """Excel takes the bytes for Chinese in UTF-8 by the mark they begin with alone."""
    found, data = assessment(), scores_csv(assessment())
    assert data.startswith(b"\xef\xbb\xbf")
    head, *lines = csv.reader(data.decode("utf-8-sig").splitlines())
    assert head[:9] == ["位次", "代码", "单位", "考核组", "状态", "总分", "封顶项得分", "不封顶项得分", "其中加分"]
    assert head[9:] == [f"{item.id} {item.title}" for item in found.rulebook.items.values()]
    assert [line[1] for line in lines] == [card.unit.code for card in found.cards]
    for card, line in zip(found.cards, lines, strict=True):
        points = [str(score.points) for score in card.items] if card.state.scored else [""] * len(card.items)
        assert line[9:] == points
    gated = next(line for line, card in zip(lines, found.cards, strict=True) if card.state is UnitState.GATED)
    assert gated == ["", "shangjie", "上街区工商联", "第二组", "不计分", *[""] * (len(head) - 5)]
