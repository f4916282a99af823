"""Addresses in plain text: with `http://` or `https://`, `www.` names, and email addresses."""

import ipaddress
import re
import unicodedata

from linkify_it import LinkifyIt
from linkify_it.main import Match

from chat.text.scripts import WORD

# An address ends before punctuation that is not ASCII, as in `https://example.com/guide，` and `＜https://example.com＞`.
# These stay in it between two letters: hyphens, dashes between names and middle dots are part of titles.
_WITHIN = "\u00b7\u05be\u2010\u2011\u2013\u30fb\uff65"
# Signs of full width, which stand for ASCII punctuation.
_FULL_WIDTH = "＄＋＜＝＞＾｀｜～￠￡￢￣￤￥￦"
# Invisible characters that join letters. Others, such as marks of direction, are pasted around addresses.
_JOINERS = "\u200c\u200d"
# Marks that a sentence or Markdown closes with. They may stand behind an address, never at its end.
_CLOSING = "*_~.,:;!?'\""
_RUN = re.compile(r"[^\s<>]*")
_IPV6 = re.compile(r"https?://\[([0-9a-f:.]{2,45})\](?::\d{1,5})?", re.IGNORECASE)
# The name of a host in place of an IPv6 address, which the library does not know.
_HOST = "http://host"
_ALNUM = "a-zA-Z0-9"
_LABEL = f"[{_ALNUM}](?:[{_ALNUM}-]{{0,61}}[{_ALNUM}])?"
# `git@example.com:repository` and `user@example.com/database` are not addresses of people.
_EMAIL = (
    rf"(?i:mailto:)?[{_ALNUM}][{_ALNUM}._+-]{{0,63}}@(?:{_LABEL}\.)+[a-zA-Z][{_ALNUM}-]{{0,61}}[{_ALNUM}]"
    rf"(?!{WORD}|[@:/]\w)"
)
_WWW = r"(?i:www)\.(?=[^\s<>.]+\.)[^\s<>]+"
_WITHOUT_SCHEME = re.compile(rf"(?<!{WORD})(?<![.+/@-])(?:(?P<email>{_EMAIL})|{_WWW})")


def may_be_in(text: str) -> bool:
    """Return whether the text may have an address without a scheme."""
    return "@" in text or "www." in text.lower()


class LinkFinder(LinkifyIt):
    """Finds addresses for the parser: those with a scheme by `match_at_start`, others by `match`."""

    def match_at_start(self, text: str) -> Match | None:
        """Return the address with a scheme that the text begins with."""
        address = _trimmed(text)
        host = _ipv6_host(address)
        if not host:
            return super().match_at_start(address)
        valid = super().match_at_start(_HOST + address[len(host) :])
        return valid and Match(address, "http:", 0, len(host) + len(valid.raw) - len(_HOST))

    def pretest(self, text: str) -> bool:
        return may_be_in(text)

    def test(self, text: str) -> bool:
        return bool(self.match(text))

    def match(self, text: str) -> list[Match]:
        """Return the email addresses and `www.` names in the text, in order."""
        return [link for found in _WITHOUT_SCHEME.finditer(text) if (link := self._link(text, found))]

    def _link(self, text: str, found: re.Match[str]) -> Match | None:
        if found["email"]:
            link = Match(text, "mailto:", *found.span())
            link.url = "mailto:" + link.raw.removeprefix("mailto:")
            return link
        valid = super().match_at_start("http://" + _trimmed(found[0]))
        if valid is None:
            return None
        link = Match(text, "", found.start(), found.start() + len(valid.raw) - len("http://"))
        link.url = valid.raw
        return link


def _trimmed(text: str) -> str:
    """Return the beginning of the text that may be an address."""
    run = _RUN.match(text)[0]  # type: ignore[index]  # it matches any text
    if not run.isascii():
        run = run[: next((index for index in range(len(run)) if _ends_before(run, index)), None)]
    return run.rstrip(_CLOSING)


def _ends_before(run: str, index: int) -> bool:
    character = run[index]
    if character.isascii() or character in _JOINERS:
        return False
    category = unicodedata.category(character)
    if category == "Cf" or (category[0] == "S" and character in _FULL_WIDTH):
        return True
    if category[0] != "P":
        return False
    return character not in _WITHIN or not run[index + 1 : index + 2].isalnum()


def _ipv6_host(address: str) -> str:
    """Return the scheme, the IPv6 address and the port that `address` begins with, or an empty string."""
    found = _IPV6.match(address)
    try:
        return found[0] if found and ipaddress.IPv6Address(found[1]) else ""
    except ValueError:
        return ""
