"""The error of an email that was not sent."""


class NotSent(Exception):
    """The email was not sent, or no one knows. If it `may_retry`, no server has it and another attempt may succeed."""

    def __init__(self, reason: str, *, may_retry: bool) -> None:
        super().__init__(reason)
        self.may_retry = may_retry
