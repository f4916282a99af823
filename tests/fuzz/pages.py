"""Every address of the site, from its resolver, and every form on its pages, from their HTML."""

import unicodedata
from dataclasses import dataclass, field

import html5lib
from django.urls import URLPattern, get_resolver
from django.utils.regex_helper import normalize

NAMESPACE = "{http://www.w3.org/1999/xhtml}"


@dataclass(frozen=True)
class Address:
    """A pattern of the resolver: its text with a placeholder for each name in it."""

    text: str
    names: tuple[str, ...]

    def __str__(self):
        return self.text


def addresses():
    """Return all URL patterns, the admin's included, as Django would reverse them."""
    return [Address(*form) for pattern in _patterns(get_resolver().url_patterns, "") for form in [_form(pattern)]]


def _patterns(patterns, before):
    for pattern in patterns:
        here = before + pattern.pattern.regex.pattern.lstrip("^").replace(r"\A", "")
        if isinstance(pattern, URLPattern):
            yield here
        else:
            yield from _patterns(pattern.url_patterns, here)


def _form(regex):
    """The first of the forms that Django's reversing knows of a regular expression."""
    text, names = normalize(regex.replace(r"\Z", "").replace("$", ""))[0]
    return "/" + text, tuple(names)


@dataclass
class Form:
    """A form on a page: its action, and its initial values by name, or its choices by name."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


def parsed(html):
    """Parse a page as the HTML standard requires. Raises html5lib.html5parser.ParseError for invalid HTML.

    What somebody sent may be shown to them as it is, with controls that no page should have: they are not looked at.
    """
    seen = "".join(it for it in html if it in "\t\n" or unicodedata.category(it) not in ("Cc", "Cn", "Co", "Cs"))
    return html5lib.HTMLParser(strict=True).parse(seen)


def forms_in(page):
    """The forms of a page, with all that a browser would send."""
    return [_form_of(element) for element in page.iter(f"{NAMESPACE}form")]


def _form_of(element):
    form = Form(element.get("action") or "", (element.get("method") or "get").lower())
    for control in element.iter():
        name, kind = control.get("name"), str(control.tag).removeprefix(NAMESPACE)  # a comment's is a function
        if name is None:
            continue
        if kind == "select":
            options = [option.get("value", "") for option in control.iter(f"{NAMESPACE}option")]
            form.choices[name] = options
            form.fields[name] = options[0] if options else ""
        elif kind == "textarea":
            form.fields[name] = control.text or ""
        elif control.get("type") in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(control.get("value", "on"))
            if control.get("checked") is not None:
                form.fields[name] = control.get("value", "on")
        elif kind in ("input", "button"):
            form.fields[name] = control.get("value", "")
    return form
