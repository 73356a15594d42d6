"""Templates that the office edits with Notepad: what goes in, and what is said when one is broken."""

from pathlib import Path

import pytest

from kaohe.publish.documents import TemplateFault
from kaohe.publish.text_template import render_text


def template(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "letter.txt"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_encoding_of_notepad_is_read(tmp_path: Path, encoding: str) -> None:
    assert render_text(template(tmp_path, "各单位：{{ name }}\n", encoding), {"name": "登封"}) == "各单位：登封\n"


def test_text_is_escaped_for_html_only(tmp_path: Path) -> None:
    path = template(tmp_path, "{{ name }}")
    assert render_text(path, {"name": "<b>'\u202e{{ 1 }}"}) == "<b>'{{ 1 }}"
    assert render_text(path, {"name": "<b>'\u202e{{ 1 }}"}, html=True) == "&lt;b&gt;&#39;{{ 1 }}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("一\n二\n{{ nam }}\n", "模板 letter.txt 第3行写得不对：'nam' is undefined"),
        ("一\n{% for a in b %}\n", "模板 letter.txt 第2行写得不对：Unexpected end of template."),
        ("一\n{{ name|shout }}\n", "模板 letter.txt 第2行写得不对：No filter named 'shout'."),
    ],
)
def test_a_broken_template_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TemplateFault, match="写得不对") as caught:
        render_text(template(tmp_path, text), {"name": "登封"})
    assert str(caught.value).startswith(said)


def test_a_template_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(TemplateFault, match=r"模板 none\.txt 读不出来"):
        render_text(tmp_path / "none.txt", {})
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG\xff\xff")
    with pytest.raises(TemplateFault, match=r"模板 picture\.txt 不是文本文件"):
        render_text(tmp_path / "picture.txt", {})
