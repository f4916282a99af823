"""The exit codes of the client, and the exception that carries one."""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes, for scripts. `docs/terminal.md` lists them."""

    DONE = 0
    USAGE = 2
    NO_ANSWER = 3
    NOT_ADMITTED = 4
    REFUSED = 5
    NO_CHAT = 6
    INPUT_OUTPUT = 7


class ExitError(Exception):
    """A reason to end the client: an exit code and a sentence for the user."""

    def __init__(self, code: Exit, sentence: str):
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


class SignedOut(ExitError):
    """The token is not valid, or no longer."""

    def __init__(self, sentence: str):
        super().__init__(Exit.NOT_ADMITTED, sentence)
