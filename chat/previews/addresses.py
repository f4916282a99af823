"""The links of a message that get a preview.

Reading a page may use up a link that works once, or tell its site that a secret link is known. So addresses that look
as if they contain a secret, or do something, are left out. Too many are left out rather than too few.
"""

import html
import re
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from chat.outbound import PORTS
from chat.site_address import origin

# Only the first links of a message get a preview.
MAX_LINKS = 2
MAX_URL_CHARACTERS = 2000
# A part of an address that is at least as long may be random.
SECRET_CHARACTERS = 24
MAX_CHANGES = 2

_LINK = re.compile('href="(https?://[^"]+)"')
# An address that ends in such a name leads to a page. With any other extension, it leads to a file.
_EXTENSION = re.compile(r"\.([a-z0-9]{2,5})$", re.IGNORECASE)
_PAGES = frozenset(("htm", "html", "xhtml", "shtml", "php", "asp", "aspx", "jsp", "cgi"))
_RUN = re.compile(f"[A-Za-z0-9]{{{SECRET_CHARACTERS},}}")
_CHANGE = re.compile(r"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
# Parts of paths, and names of query values, that are about a secret or an action.
_WORDS = frozenset((
    "access_token", "activate", "apikey", "api_key", "auth", "code", "confirm", "confirmation", "invite", "join", "key",
    "magic", "otp", "password", "reset", "secret", "sig", "sign", "signature", "token", "unsubscribe", "verify",
))  # fmt: skip


def previewed_links(message_html: str) -> list[str]:
    """Return those of the first links of a rendered message that get a preview, without fragments."""
    links = dict.fromkeys(html.unescape(found) for found in _LINK.findall(message_html))
    addresses = [urlsplit(link) for link in list(links)[:MAX_LINKS] if _is_valid(link)]
    return list(dict.fromkeys(it._replace(fragment="").geturl() for it in addresses if _may_be_read(it)))


def _is_valid(link: str) -> bool:
    try:
        urlsplit(link).port  # noqa: B018 (it raises)
    except ValueError:
        return False
    return len(link) <= MAX_URL_CHARACTERS


def _may_be_read(address: SplitResult) -> bool:
    if (
        "@" in address.netloc
        or not address.hostname
        or (address.port or PORTS[address.scheme]) != PORTS[address.scheme]
    ):
        return False
    if address.hostname == urlsplit(origin()).hostname:
        return False
    parts = [unquote(part) for part in re.split("[/;]", address.path)]
    extension = _EXTENSION.search(parts[-1])
    if extension and extension[1].lower() not in _PAGES:
        return False
    values = parse_qsl(address.query, keep_blank_values=True)
    words = {*(part.lower() for part in parts), *(name.lower() for name, _ in values)}
    texts = [*parts, *(text for pair in values for text in pair), unquote(address.fragment)]
    has_token = "=" in address.fragment
    return not (has_token or words & _WORDS or any(_looks_random(text) for text in texts))


def _looks_random(text: str) -> bool:
    """Return whether a long text is no sequence of words: it has a very long one, or digits and letters alternate."""
    return len(text) >= SECRET_CHARACTERS and bool(_RUN.search(text) or len(_CHANGE.findall(text)) > MAX_CHANGES)
