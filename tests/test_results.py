"""``results.json``, written piece by piece, is what a plain dump of the whole would be."""

import json
from dataclasses import replace

from kaohe.publish.results import results_chunks, results_data, results_json
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
