"""The title, description and picture that a web page names for links to it.

A page may be hostile, and parsers of HTML take time quadratic in some inputs: the standard `HTMLParser` needs 7 s for
16 KiB of `<a `, and `nh3` 87 s for 512 KiB of `<div>`. Only a few tags at the beginning matter here. They are found in
one pass, and each is read up to a limit.
"""

import codecs
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from chat.text.cleaning import clean_line

TITLE_CHARACTERS, DESCRIPTION_CHARACTERS, SITE_CHARACTERS = 120, 300, 120
# Tags of the head that are read, and the limits of each.
MAX_TAGS = 200
MAX_TAG_CHARACTERS = 4000
MAX_ATTRIBUTES = 20

_TAG = re.compile(r"<!--|<(script|style|noscript|template|textarea|meta|title|body|/head)(?=[\s/>])", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""[\s/]*([^\s"'<>/=]{1,60})(?:\s*=\s*(?:"([^"]{0,3000})"|'([^']{0,3000})'|([^\s"'=<>`]{1,3000})))?"""
)
# What is skipped, and its end. The first is a comment.
_ENDS = {it: re.compile(f"</{it}", re.IGNORECASE) for it in ("script", "style", "noscript", "template", "textarea")}
_ENDS[""] = re.compile("-->")
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([a-zA-Z0-9_:-]{2,30})""", re.IGNORECASE)
# Codecs of texts. Others of Python take very long, or are no character sets.
_CHARSETS = re.compile(
    r"utf-8|utf-16(?:-[bl]e)?|ascii|iso8859-\d+|cp\d+|mac-\w+|koi8-[ru]|tis-620|shift_jis|euc_jp|euc_kr|gb2312|gbk|gb18030|big5"
)


@dataclass(frozen=True, slots=True)
class PageHead:
    """The texts of a preview, cleaned and cut, and the address of a picture. Without a title there is no preview."""

    title: str
    description: str
    site: str
    picture: str


def read_head(body: bytes, content_type: str, url: str) -> PageHead:
    """Return what the beginning of a page says about it. `url` is where it was found."""
    found: dict[str, str] = {}
    for name, value in _properties(_decoded(body, content_type)):
        if value.strip():
            found.setdefault(name, value)

    def first(*names: str) -> str:
        return next((found[name] for name in names if name in found), "")

    picture = first("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src").strip()
    description = first("og:description", "twitter:description", "description")
    return PageHead(
        title=clean_line(first("og:title", "twitter:title", "title"), TITLE_CHARACTERS),
        description=clean_line(description, DESCRIPTION_CHARACTERS),
        site=clean_line(first("og:site_name"), SITE_CHARACTERS) or (urlsplit(url).hostname or "")[:SITE_CHARACTERS],
        picture=_joined(url, picture) if picture else "",
    )


def _joined(url: str, address: str) -> str:
    try:
        return urljoin(url, address)
    except ValueError:
        return ""


def _decoded(body: bytes, content_type: str) -> str:
    """Return the text of a page, by the character set of the answer or of the page, and otherwise as UTF-8."""
    _, _, named = content_type.lower().partition("charset=")
    inside = _CHARSET.search(body[:2048])
    for name in (named.strip(" \"'").partition(";")[0], inside[1].decode() if inside else ""):
        try:
            if name and _CHARSETS.fullmatch(codecs.lookup(name).name):
                return body.decode(name, "replace")
        except (LookupError, ValueError):  # an unknown name, or one with signs
            continue
    return body.decode("utf-8", "replace")


def _properties(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names and values of the head: those of `<meta>`, and `title`. The end of the head ends it."""
    at = 0
    for _ in range(MAX_TAGS):
        tag = _TAG.search(text, at)
        kind = tag[1].lower() if tag and tag[1] else ""
        if tag is None or kind in ("body", "/head"):
            return
        at = tag.end()
        if kind == "meta":
            yield from _meta(text[at : at + MAX_TAG_CHARACTERS])
        elif kind == "title":
            start = text.find(">", at) + 1
            yield "title", html.unescape(text[start : start + MAX_TAG_CHARACTERS].partition("<")[0]) if start else ""
        else:
            end = _ENDS[kind].search(text, at)
            at = end.end() if end else len(text)


def _meta(text: str) -> Iterator[tuple[str, str]]:
    attributes: dict[str, str] = {}
    at = 0
    for _ in range(MAX_ATTRIBUTES):
        found = _ATTRIBUTE.match(text, at)
        if found is None:
            break
        attributes.setdefault(found[1].lower(), found[2] or found[3] or found[4] or "")
        at = found.end()
    name = attributes.get("property") or attributes.get("name") or ""
    yield name.strip().lower(), html.unescape(attributes.get("content", ""))
