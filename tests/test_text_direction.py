"""Every field for text takes the direction of what is typed."""

from html.parser import HTMLParser

import pytest

from tests.cases import each

# Addresses, passwords and secrets are left to right. The others hold no text.
OTHER_TYPES = {"file", "hidden", "password", "email", "radio", "checkbox", "submit", "number", "time"}
PAGES = [
    "/",
    "/search/?q=x",
    "/rooms/hall/",
    "/rooms/hall/settings/",
    "/rooms/hall/delete/",
    "/accounts/profile/",
    "/accounts/delete/",
]
PAGES_FOR_STRANGERS = ["/", "/accounts/login/", "/accounts/signup/"]


class Fields(HTMLParser):
    """The text fields of a page, by name or label, with their direction."""

    def __init__(self, html):
        super().__init__()
        self.directions = {}
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "textarea" or (tag == "input" and values.get("type", "text") not in OTHER_TYPES):
            name = values.get("name") or values.get("aria-label") or values.get("id") or str(values)
            self.directions[name] = values.get("dir")


@each("path", PAGES)
def test_text_fields_have_the_direction_of_their_text(path, signed_in, alice, hall):
    answer = signed_in(alice).get(path.replace("hall", hall.slug))
    assert answer.status_code == 200
    found = Fields(answer.content.decode()).directions
    assert {name: way for name, way in found.items() if way not in ("auto", "ltr")} == {}
    assert len(found) >= 2


@pytest.mark.parametrize("path", PAGES_FOR_STRANGERS)
@pytest.mark.django_db
def test_names_have_the_direction_of_their_text(path, client):
    found = Fields(client.get(path).content.decode()).directions
    assert set(found.values()) == {"auto"}
