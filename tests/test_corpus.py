"""Hostile texts in every output: HTML, lines for terminals, names and addresses."""

import html5lib
import pytest

from chat.actions.rooms import slug_of
from chat.text import cleaning, markdown
from chat.transcript import lines
from tests.corpus import control_characters_in, hostile

STRINGS = hostile()
ALLOWED = {
    *("p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr", "span"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "div", "input"),
}
LINKS = ("http://", "https://", "mailto:", "#")


def test_corpus_is_large_enough():
    assert len(STRINGS) >= 500


def test_hostile_messages_become_harmless_elements():
    for body in STRINGS:
        page = html5lib.HTMLParser(namespaceHTMLElements=False).parseFragment(
            markdown.render(cleaning.clean_text(body))
        )
        for element in page.iter():
            if isinstance(element.tag, str) and element.tag != "DOCUMENT_FRAGMENT":
                assert element.tag in ALLOWED, (body, element.tag)
                assert not [name for name in element.attrib if name.startswith("on") or name in ("style", "src")], body
                assert element.get("href", "https://").startswith(LINKS), body


def test_lines_for_terminals_have_no_control_characters():
    for body in STRINGS:
        line = lines.one_line(cleaning.clean_text(body))
        assert "\n" not in line
        assert not control_characters_in(line), body


def test_a_name_is_a_name_or_is_refused_with_a_sentence():
    for name in STRINGS:
        try:
            cleaned = cleaning.clean_name(name)
        except ValueError as error:
            ends_well = str(error).endswith(".")
        else:
            ends_well = cleaned == cleaning.clean_name(cleaned) and not set("/?#<>\"'&") & set(slug_of(cleaned))
        assert ends_well, name


@pytest.mark.parametrize("part", range(8))
def test_every_search_is_answered_with_a_page(signed_in, bob, hall, settings, part):
    settings.CHAT_SEARCHES_PER_MINUTE = 0
    browser = signed_in(bob)
    for typed in STRINGS[part::64]:
        answer = browser.get("/search/", {"q": typed})
        assert answer.status_code in (200, 400), typed
        page = html5lib.HTMLParser(namespaceHTMLElements=False).parse(answer.content.decode())
        assert all(it.get("src") or it.get("type") == "application/json" for it in page.iter("script")), typed
