"""Forms of the groups and of the meeting count only where their seal shows that this office issued them."""

from dataclasses import replace

from kaohe.forms.machine_sheet import MachineData
from kaohe.forms.seal import UNSEALED, SealCheck
from kaohe.intake.record import ReceivedFile, Verdict

_TRUSTED = f"{UNSEALED}没有核实，按 config.toml 里的 trust_unsealed_forms 采用"


def held_against_seal(file: ReceivedFile, issued: MachineData, seals: SealCheck, *, trusting: bool) -> tuple[ReceivedFile, bool]:
    """The file with the verdict that its seal calls for, and whether what it says may be used.

    ``issued`` is what its hidden sheet says. A form that is refused for another reason keeps that.
    What is said stands in the reason, which a final set keeps.
    """
    problem = seals(file.sha256, issued)
    if not problem:
        return file, True
    if trusting:
        return replace(file, reason=f"{file.reason}；这份表{_TRUSTED}"), True
    return replace(file, verdict=Verdict.REFUSED, reason=problem) if file.verdict is Verdict.ACCEPTED else file, False
