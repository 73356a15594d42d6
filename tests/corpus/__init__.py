"""Everything that can arrive in an inbox, made by code: one builder a case, each with the verdicts, findings and points expected of it."""

from tests.corpus import arriving, changed, containers, formats, hostile, resent
from tests.corpus.case import PASSWORD, UNIT, Case

__all__ = ["CASES", "PASSWORD", "UNIT", "Case"]

CASES: tuple[Case, ...] = tuple(case for theme in (formats, containers, arriving, changed, hostile, resent) for case in theme.CORPUS.cases)
