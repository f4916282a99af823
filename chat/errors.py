"""The one family of refusals."""

from chat.protocol import Code

BUSY = "The server is busy. Try again in a moment."
RESTARTING = "The server is restarting. Try again in a moment."


class ActionError(Exception):
    """Why an action was not done: a code of the protocol, a sentence for a person, seconds until a retry may help."""

    def __init__(self, code: Code, detail: str, retry_after: float | None = None):
        super().__init__(detail)
        self.code, self.detail, self.retry_after = code, detail, retry_after


def unavailable() -> ActionError:
    return ActionError(Code.UNAVAILABLE, "Couldn’t save. Nothing was lost; try again.", retry_after=1.0)
