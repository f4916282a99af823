"""Signed addresses of files elsewhere, valid for a short time: on the host of files, or in a storage."""

import time
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core import signing
from django.http.request import split_domain_port

from chat.auth.authentication import Credential
from chat.files import storage
from chat.models.session_keys import ids_by_id

SECONDS = 60
# For sound and films, on the host of files, which checks access for each part.
PLAYED_SECONDS = 6 * 3600
# The field of an address in which it is.
TICKET = "t"
_SALT = "chat.files"


class Ticket(NamedTuple):
    """A file that someone may have, and the session or token by which they asked for it. An address has it, signed."""

    key: str
    person_id: int
    session: str | None  # the digest of its key
    token_id: int | None
    ends_at: float

    @classmethod
    def of(cls, key: str, credential: Credential, seconds: int) -> "Ticket":
        session = ids_by_id(credential.session_id)[0] if credential.session_id else None
        return cls(key, credential.person_id, session, credential.token_id, int(time.time()) + seconds)

    def signed(self) -> str:
        return signing.Signer(salt=_SALT).sign_object(tuple(self))

    @classmethod
    def read(cls, signed: str) -> "Ticket | None":
        """Return what was signed, or None if it has ended."""
        try:
            ticket = cls(*signing.Signer(salt=_SALT).unsign_object(signed))
        except signing.BadSignature:
            return None
        return ticket if time.time() <= ticket.ends_at else None


def is_on_file_host(host: str) -> bool:
    """Return whether a request's `Host` is the host of files, whatever its port."""
    return bool(settings.CHAT_FILES_HOST) and split_domain_port(host)[0] == urlsplit(settings.CHAT_FILES_HOST).hostname


def in_storage(path: str, headers: dict[str, str]) -> str:
    """Return the address of an object in the storage, which answers with these headers."""
    given = {f"Response{name.replace('-', '')}": value for name, value in headers.items()}
    signing_storage: Any = storage.files()
    address: str = signing_storage.url(path, parameters=given, expire=SECONDS)
    return address


def on_file_host(path: str, ticket: Ticket, *, is_download: bool) -> str:
    """Return the address of a file on the host of files, with its path on the site."""
    return f"{settings.CHAT_FILES_HOST}{quote(path)}?{TICKET}={ticket.signed()}{'&download' if is_download else ''}"


def on_site(path: str, *, is_download: bool) -> str:
    return f"{settings.SITE_URL}{quote(path)}{'?download' if is_download else ''}"


def origin() -> str:
    """Return the origin of files that are not on the site's own, or an empty string."""
    if settings.CHAT_FILES_REDIRECT:
        url = urlsplit(in_storage("origin", {}))
        return f"{url.scheme}://{url.netloc}"
    return str(settings.CHAT_FILES_HOST)
