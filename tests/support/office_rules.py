"""What the rules of the Open XML SDK, which are those of Word and Excel, say against a file."""

from pathlib import Path

from openxml_audit import FileFormat, OpenXmlValidator, ValidationSeverity


def complaints(path: Path) -> list[str]:
    """Every error in a ``.docx`` or ``.xlsx``: what, and in which part. What Excel would merely store in another way is none."""
    found = OpenXmlValidator(FileFormat.MICROSOFT_365, max_errors=0).validate(path)
    return [f"{error.description} ({error.part_uri})" for error in found.errors if error.severity is ValidationSeverity.ERROR]
