"""How the client ends: an exit code for each cause, and a sentence."""

from enum import IntEnum


class Exit(IntEnum):
    """What a script may go by; `docs/terminal.md` lists them."""

    DONE = 0
    USAGE = 2
    NO_ANSWER = 3
    NOT_ADMITTED = 4
    REFUSED = 5
    NO_CHAT = 6
    INPUT_OUTPUT = 7


class ExitError(Exception):
    """Why the client cannot go on, in a sentence for a person."""

    def __init__(self, code: Exit, sentence: str):
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


class SignedOut(ExitError):
    """The token speaks for nobody (any more)."""

    def __init__(self, sentence: str):
        super().__init__(Exit.NOT_ADMITTED, sentence)
