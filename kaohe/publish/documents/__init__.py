"""Official documents: the notification of results and the letters, in the form of GB/T 9704-2012.

The wording stands in ``templates/notice.docx`` and ``templates/letter.docx``; the data comes from the assessment alone.
Nothing is invented: a draft has no number and no date.
"""

import re
from pathlib import Path

from kaohe.files import write_whole
from kaohe.publish.documents.context import draft, letter_context, notice_context
from kaohe.publish.documents.package import Properties
from kaohe.publish.documents.render import TemplateFault, render
from kaohe.scoring.scorecard import Assessment
from kaohe.text import clean

__all__ = ["LETTER_TEMPLATE", "NOTICE_TEMPLATE", "TemplateFault", "write_letters", "write_notice"]

NOTICE_TEMPLATE = "notice.docx"
LETTER_TEMPLATE = "letter.docx"
_UNFIT = re.compile(r'[\\/:*?"<>|\s]')


def write_notice(assessment: Assessment, path: Path) -> None:
    """Write the draft notification to the United Front departments. TemplateFault when the template cannot be used."""
    context = notice_context(assessment, draft(assessment.status))
    properties = _properties(assessment, f"关于{assessment.rulebook.title}结果的通报")
    write_whole(path, render(assessment.config.template(NOTICE_TEMPLATE), context, properties))


def write_letters(assessment: Assessment, folder: Path) -> list[Path]:
    """Write one draft letter per unit into a folder, in ranking order; returns their paths. Other files there stay.

    TemplateFault when the template cannot be used; then nothing is written.
    """
    template, edition = assessment.config.template(LETTER_TEMPLATE), draft(assessment.status)
    letters = {}
    for card in assessment.cards:
        properties = _properties(assessment, f"关于{card.unit.name}{assessment.config.year}年度工作目标考核结果的函")
        path = folder / f"结果通知-{_UNFIT.sub('_', clean(card.unit.short))}.docx"
        letters[path] = render(template, letter_context(assessment, card, edition), properties)
    for path, data in letters.items():
        write_whole(path, data)
    return list(letters)


def _properties(assessment: Assessment, title: str) -> Properties:
    return Properties(clean(title), clean(assessment.config.issuer.name), assessment.rulebook.notice_date)
