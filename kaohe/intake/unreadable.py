"""What is told of bytes that give no cells."""


class UnreadableWorkbook(Exception):
    """The bytes give no cells; the message says in Chinese why and what to do.

    ``refused``: out of caution, not because the file is damaged. ``locked``: only a password is missing.
    """

    def __init__(self, message: str, *, refused: bool = False, locked: bool = False) -> None:
        super().__init__(message)
        self.refused = refused
        self.locked = locked


def too_big_sheet(what: str) -> UnreadableWorkbook:
    """The refusal of a sheet that would fill the memory; ``what`` says in Chinese which sheet and how big."""
    return UnreadableWorkbook(f"{what}大得不合常理，为安全起见没有读取，请用发给单位的原表重新填报", refused=True)
