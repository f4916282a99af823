"""Access tokens: creating, listing and revoking them."""

from datetime import timedelta

from django.utils import timezone

from chat.actions.accounts import issue_token
from chat.models import Token
from tests.cases import each

TOKENS = "/accounts/tokens/"


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def test_new_token_is_shown_once_and_signs_in_its_owner(client, signed_in, alice, hall):
    browser = signed_in(alice)
    response = browser.post(TOKENS, {"label": "  deploy \n script "})
    secret = response.context["secret"]
    assert f'value="{secret}"' in response.text
    assert response["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert client.get("/api/rooms/", headers=bearer(secret)).status_code == 200
    page = browser.get("/accounts/profile/")
    assert secret not in page.text
    assert [token.label for token in page.context["tokens"]] == ["deploy script"]


@each("label", ["", "   ", "\u2800", "x" * 81, "a\0b"])
def test_a_token_needs_a_label_that_can_be_read(signed_in, alice, label):
    response = signed_in(alice).post(TOKENS, {"label": label})
    assert (response.status_code, [*response.context["token_form"].errors]) == (400, ["label"])
    assert not Token.objects.exists()


def test_revoked_token_is_invalid_and_no_longer_listed(client, signed_in, alice):
    secret = issue_token(alice, "old")
    browser = signed_in(alice)
    browser.post(f"{TOKENS}{alice.tokens.get().pk}/revoke/")
    assert client.get("/api/rooms/", headers=bearer(secret)).status_code == 401
    assert not browser.get("/accounts/profile/").context["tokens"]


def test_token_is_compared_whole_and_stored_only_as_a_digest(client, alice):
    secret = issue_token(alice)
    other = "a" if secret[-1] != "a" else "b"
    for near in (secret[:-1], f"{secret}a", f"{secret[:-1]}{other}", secret.swapcase(), alice.tokens.get().digest):
        assert client.get("/api/rooms/", headers=bearer(near)).status_code == 401
    assert client.get("/api/rooms/", headers=bearer(secret)).status_code == 200
    assert secret not in str(list(Token.objects.values()))


def test_tokens_of_others_are_neither_shown_nor_revoked(client, signed_in, alice, bob):
    secret = issue_token(alice, "hers")
    browser = signed_in(bob)
    assert not browser.get("/accounts/profile/").context["tokens"]
    page = browser.post(f"{TOKENS}{alice.tokens.get().pk}/revoke/", follow=True)
    assert "already been revoked" in page.text
    assert client.get("/api/rooms/", headers=bearer(secret)).status_code == 200


def test_when_a_token_was_last_used_is_known_to_the_hour(client, alice):
    secret = issue_token(alice)
    client.get("/api/rooms/", headers=bearer(secret))
    first = alice.tokens.get().last_used_at
    assert first is not None
    client.get("/api/rooms/", headers=bearer(secret))
    assert alice.tokens.get().last_used_at == first
    Token.objects.update(last_used_at=timezone.now() - timedelta(minutes=61))
    client.get("/api/rooms/", headers=bearer(secret))
    assert alice.tokens.get().last_used_at >= first


def test_recently_used_token_causes_no_write(client, alice, django_assert_num_queries):
    secret = issue_token(alice)
    client.get("/api/rooms/", headers=bearer(secret))
    with django_assert_num_queries(2):
        client.get("/api/rooms/", headers=bearer(secret))
