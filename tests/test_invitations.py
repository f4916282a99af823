"""The QR code of a room."""

import re

import pytest
import segno


def test_member_gets_the_code_of_a_room(signed_in, bob, hall, ops):
    for slug in ("hall", "ops"):
        response = signed_in(bob).get(f"/rooms/{slug}/qr.svg")
        assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml")
        assert response.text.startswith("<svg")


def test_outsider_gets_none_of_a_private_room(signed_in, carol, ops):
    assert signed_in(carol).get("/rooms/ops/qr.svg").status_code == 404


def test_stranger_is_asked_for_a_name(client, hall):
    response = client.get("/rooms/hall/qr.svg")
    assert (response.status_code, response["Location"]) == (302, "/?next=/rooms/hall/qr.svg")


def test_codes_of_two_rooms_differ(signed_in, alice, hall, ops):
    browser = signed_in(alice)
    assert browser.get("/rooms/hall/qr.svg").content != browser.get("/rooms/ops/qr.svg").content


def test_page_shows_the_address_of_the_request(signed_in, alice, hall):
    page = signed_in(alice).get("/rooms/hall/", headers={"host": "testserver"}).text
    assert set(re.findall(r'value="(http[^"]+)" readonly', page)) == {"http://testserver/rooms/hall/"}


@pytest.mark.parametrize("host", ["testserver", "localhost:8123"])
def test_code_holds_the_address_by_which_the_site_is_reached(signed_in, alice, hall, settings, monkeypatch, host):
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    made = []
    make = segno.make
    monkeypatch.setattr(segno, "make", lambda content, **options: made.append(content) or make(content, **options))
    signed_in(alice).get("/rooms/hall/qr.svg", headers={"host": host})
    assert made == [f"http://{host}/rooms/hall/"]
