"""The header `Idempotency-Key`, with which a program can repeat a request that posts."""

from typing import Annotated
from uuid import UUID, uuid4, uuid5

import msgspec

from chat.api.operation import header_name

MAX_KEY_LENGTH = 200
# Random and fixed. Another one would make the retries of earlier requests post again.
NAMESPACE = UUID("86dcb20c-3915-4962-833c-26aaa3433681")
# Printable ASCII that begins and ends without a space, which servers remove.
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_KEY_LENGTH, pattern="^[!-~]([ -~]*[!-~])?$")]


class Idempotency(msgspec.Struct, frozen=True, rename=header_name):
    """A key that the program chooses. A request with the same one returns the first message."""

    idempotency_key: Key | msgspec.UnsetType = msgspec.UNSET

    def client_id(self, kind: str, sender: int) -> UUID:
        """Return the client id for the key of this sender, or a random one without a key.

        `kind` says what has the id `sender`: a person, or a webhook.
        """
        if self.idempotency_key is msgspec.UNSET:
            return uuid4()
        return uuid5(NAMESPACE, f"{kind} {sender} {self.idempotency_key}")
