"""Official documents in the form of GB/T 9704-2012: the notification of results, the letters, the commendation, and certificates.

The wording stands in ``templates/*.docx``; the data comes from the assessment alone.
Nothing is invented: a draft has no number and no date, a final document has those that the chairmen's meeting decided.
Files are not flushed one by one: whoever publishes a folder flushes it as a whole.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from hashlib import sha256
from pathlib import Path

from kaohe.config.model import Unit
from kaohe.files import write_whole
from kaohe.publish.documents.awards import certificate_context, commendation_context
from kaohe.publish.documents.contents import common, draft, final, letter_context, letter_told, notice_context, winners
from kaohe.publish.documents.context import Edition, Letter
from kaohe.publish.documents.package import Properties
from kaohe.publish.documents.render import render
from kaohe.publish.template_fault import TemplateFault
from kaohe.scoring.decision import Decision
from kaohe.scoring.scorecard import Assessment, Status
from kaohe.text import clean, shorten

__all__ = [
    "AWARD_TEMPLATE",
    "CERTIFICATE_TEMPLATE",
    "LETTER_TEMPLATE",
    "NOTICE_TEMPLATE",
    "LetterJob",
    "TemplateFault",
    "letter_jobs",
    "letter_name",
    "write_award_decision",
    "write_certificates",
    "write_letters",
    "write_notice",
]

NOTICE_TEMPLATE = "notice.docx"
LETTER_TEMPLATE = "letter.docx"
AWARD_TEMPLATE = "award.docx"
CERTIFICATE_TEMPLATE = "certificate.docx"
_UNFIT = re.compile(r'[\\/:*?"<>|\s]')
_NAME_LIMIT = 36
"""Of the award's and of the unit's part of a file name, so that the whole stays within 255 bytes."""
_PROPERTY_LIMIT = 255
"""Word's own limit for a title or an author."""


def write_notice(assessment: Assessment, path: Path) -> None:
    """Write the notification to the United Front departments: the final one once the meeting has decided, else a draft.

    TemplateFault when the template cannot be used.
    """
    context = notice_context(assessment, _edition(assessment, numbered=True))
    properties = _properties(assessment, f"关于{assessment.rulebook.title}结果的通报")
    write_whole(path, render(assessment.config.template(NOTICE_TEMPLATE), context, properties), flush=False)


@dataclass(frozen=True, slots=True)
class LetterJob:
    """One letter. What it says is put together only when it is written: of many units at once it would take much memory."""

    path: Path
    template: Path
    properties: Properties
    told: str
    """A digest of all that the letter says apart from its template and what follows from the rules: letters of which this is the same are the same."""
    tell: Callable[[], Letter]

    @property
    def context(self) -> Letter:
        """Everything that the template may use."""
        return self.tell()

    def write(self) -> Path:
        """Write the letter. TemplateFault when the template cannot be used."""
        write_whole(self.path, render(self.template, self.tell(), self.properties), flush=False)
        return self.path


def letter_jobs(assessment: Assessment, folder: Path) -> Iterator[LetterJob]:
    """The letters of all units, in ranking order, one by one.

    A final letter has the decision's date and an empty line for its number: the meeting gives letters none.
    """
    template, shared = assessment.config.template(LETTER_TEMPLATE), common(assessment, _edition(assessment, numbered=False))
    said = repr(shared)
    for card in assessment.cards:
        properties = _properties(assessment, f"关于{card.unit.name}{assessment.rulebook.called}结果的函")
        told = sha256(f"{said}{properties}{letter_told(assessment, card)}".encode(errors="surrogatepass")).hexdigest()
        yield LetterJob(folder / letter_name(card.unit), template, properties, told, partial(letter_context, assessment, card, shared))


def write_letters(assessment: Assessment, folder: Path) -> list[Path]:
    """Write one letter per unit into a folder, in ranking order; returns their paths. Other files there stay.

    TemplateFault when the template cannot be used; then none of them is left there.
    """
    written: list[Path] = []
    try:
        for job in letter_jobs(assessment, folder):
            written.append(job.write())
    except TemplateFault:
        for path in written:
            path.unlink()
        raise
    return written


def letter_name(unit: Unit) -> str:
    """File name of the letter about a unit."""
    return f"结果通知-{_fit(unit.short)}.docx"


def write_award_decision(assessment: Assessment, path: Path) -> None:
    """Write the decision to commend the winners, numbered where the meeting gave it a number.

    ValueError before the meeting has decided, and where nobody wins anything. TemplateFault when the template cannot be used.
    """
    decision = _decision(assessment)
    if not winners(assessment):
        raise ValueError("nobody wins an award: there is nothing to commend")
    context = commendation_context(assessment, final(decision, decision.award_number))
    properties = _properties(assessment, f"关于表彰{assessment.rulebook.title}获奖单位的决定")
    write_whole(path, render(assessment.config.template(AWARD_TEMPLATE), context, properties), flush=False)


def write_certificates(assessment: Assessment, folder: Path) -> list[Path]:
    """Write one certificate per award and winner into a folder, in the order of the awards; returns their paths.

    ValueError before the meeting has decided. TemplateFault when the template cannot be used; then nothing is written.
    """
    edition, template = final(_decision(assessment), ""), assessment.config.template(CERTIFICATE_TEMPLATE)
    certificates: dict[Path, bytes] = {}
    for award, units in winners(assessment):
        for unit in units:
            properties = _properties(assessment, f"荣誉证书：{award.name}，{unit.name}")
            stem = f"荣誉证书-{shorten(_fit(award.name), _NAME_LIMIT)}-{shorten(_fit(unit.short), _NAME_LIMIT)}"
            data = render(template, certificate_context(assessment, edition, award, unit), properties)
            certificates[_unused(folder, stem, certificates)] = data
    return _written(certificates)


def _final(assessment: Assessment) -> Decision | None:
    return assessment.decision if assessment.status is Status.FINAL else None


def _decision(assessment: Assessment) -> Decision:
    decision = _final(assessment)
    if decision is None:
        raise ValueError("the chairmen's meeting has not decided: nothing can be awarded")
    return decision


def _edition(assessment: Assessment, *, numbered: bool) -> Edition:
    decision = _final(assessment)
    return draft(assessment.status) if decision is None else final(decision, decision.number if numbered else "")


def _fit(text: str) -> str:
    return _UNFIT.sub("_", clean(text))


def _unused(folder: Path, stem: str, taken: dict[Path, bytes]) -> Path:
    """A path for this name; names that became the same are told apart by a number. Case does not tell names apart on Windows."""
    names, number, name = {path.name.casefold() for path in taken}, 1, f"{stem}.docx"
    while name.casefold() in names:
        number += 1
        name = f"{stem}-{number}.docx"
    return folder / name


def _written(files: dict[Path, bytes]) -> list[Path]:
    for path, data in files.items():
        write_whole(path, data, flush=False)
    return list(files)


def _properties(assessment: Assessment, title: str) -> Properties:
    decision = _final(assessment)
    day: date = assessment.rulebook.notice_date if decision is None else decision.met_on
    return Properties(shorten(title, _PROPERTY_LIMIT), shorten(assessment.config.issuer.name, _PROPERTY_LIMIT), day)
