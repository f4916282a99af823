"""The client address of a request behind proxies."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatsite.server.forwarded import TrustedProxies, proxies
from tests.cases import each

PERSON, PROXY, CDN, STRANGER = "192.0.2.7", "10.1.2.3", "10.9.9.9", "198.51.100.1"


async def seen(client, trusted="10.0.0.0/8", kind="http", any_proto=False, **headers):
    """Return the scope that the application gets for headers such as `x_forwarded_for="…"`. A list gives several
    headers."""
    scopes = []

    async def application(scope, receive, send):
        scopes.append(scope)

    pairs = [
        (name.replace("_", "-").encode(), value.encode())
        for name, values in {"host": "chat.example", **headers}.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    scope = {
        "type": kind,
        "scheme": {"http": "http", "websocket": "ws"}.get(kind),
        "client": client and (client, 50000),
        "headers": pairs,
    }
    named = proxies(trusted.split(",") if trusted else ())
    await TrustedProxies(application, named, any_proto=any_proto)(scope, None, None)
    assert scope["headers"] == pairs, "a server's own scope is left as it is"
    return scopes[0]


async def address(client, forwarded, trusted="10.0.0.0/8"):
    return (await seen(client, trusted, x_forwarded_for=forwarded))["client"][0]


async def test_client_address_comes_from_the_proxy():
    assert await address(PROXY, PERSON) == PERSON


async def test_forwarded_headers_of_strangers_are_ignored():
    scope = await seen(STRANGER, x_forwarded_for=PERSON, x_forwarded_proto="https", x_forwarded_host="evil.example")
    assert (scope["client"], scope["scheme"]) == ((STRANGER, 50000), "http")
    assert scope["headers"] == [(b"host", b"chat.example")]


async def test_addresses_claimed_by_the_client_are_ignored():
    assert await address(PROXY, f"{STRANGER}, {PERSON}") == PERSON
    assert await address(PROXY, [STRANGER, PERSON]) == PERSON


async def test_a_chain_of_proxies_is_followed_to_its_end():
    assert await address(PROXY, f"{STRANGER}, {PERSON}, {CDN}") == PERSON


async def test_a_client_in_the_trusted_network_keeps_its_own_address():
    assert await address(PROXY, f"10.0.0.77, {CDN}") == "10.0.0.77"


@each(
    ("forwarded", "told"),
    [
        ("192.0.2.7:4711", PERSON),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("::ffff:192.0.2.7", PERSON),
        ("unknown", PROXY),
        ("", PROXY),
        (f"{PERSON}, unknown", PROXY),
        (f"{PERSON}, nonsense, {CDN}", CDN),
        (f"{PERSON}, 192.0.2.8:rubbish, {CDN}", CDN),
        (f"{PERSON}, 192.0.2.8:, {CDN}", CDN),
        (f"{PERSON}, 192.0.2.8:123456, {CDN}", CDN),
        (f"{PERSON}, [2001:db8::8]rubbish, {CDN}", CDN),
        (f"{PERSON}, [2001:db8::8]:, {CDN}", CDN),
        (f"{PERSON}, [2001:db8::8, {CDN}", CDN),
        (f"{PERSON}, [192.0.2.8]:80, {CDN}", "192.0.2.8"),
        (f"{PERSON}, 2001:db8::8%rubbish, {CDN}", CDN),
        (f"{PERSON}, 192.0.2.8 rubbish, {CDN}", CDN),
        (f"{PERSON}, 192.0.2.8/24, {CDN}", CDN),
    ],
)
async def test_addresses_have_many_forms_and_an_invalid_one_ends_the_chain(forwarded, told):
    assert await address(PROXY, forwarded) == told


@each(("kind", "scheme"), [("http", "https"), ("websocket", "wss")])
async def test_scheme_comes_from_the_proxy(kind, scheme):
    assert (await seen(PROXY, kind=kind, x_forwarded_proto="https"))["scheme"] == scheme


@each("said", ["ftp", "https,ftp", "", ["https", "ftp"]])
async def test_an_invalid_scheme_changes_nothing(said):
    assert (await seen(PROXY, x_forwarded_proto=said))["scheme"] == "http"


@each(
    ("said", "scheme"),
    [
        ("https,https", "https"),
        (["https", "https"], "https"),
        ("http, https", "https"),
        (["https", "http"], "http"),
        ("https,http", "http"),
    ],
)
async def test_last_of_several_schemes_counts_and_is_passed_to_django(said, scheme):
    scope = await seen(PROXY, x_forwarded_proto=said)
    assert scope["scheme"] == scheme
    assert [value for name, value in scope["headers"] if name == b"x-forwarded-proto"] == [scheme.encode()]


async def test_with_all_proxies_trusted_only_the_scheme_is_taken():
    """TRUST_FORWARDED_PROTO."""
    said = {"x_forwarded_for": PERSON, "x_forwarded_proto": "http, https"}
    scope = await seen(STRANGER, "", any_proto=True, **said)
    assert (scope["client"][0], scope["scheme"]) == (STRANGER, "https")
    assert scope["headers"][1:] == [(b"x-forwarded-proto", b"https")]
    scope = await seen(PROXY, any_proto=True, **said)
    assert (scope["client"][0], scope["scheme"]) == (PERSON, "https")


async def test_a_proxy_over_a_unix_socket_has_to_be_named():
    assert (await seen(None, "unix", x_forwarded_for=PERSON))["client"] == (PERSON, 0)
    assert (await seen(None, "10.0.0.0/8", x_forwarded_for=PERSON))["client"] is None
    assert (await seen("unix", "unix", x_forwarded_for=PERSON))["client"] == (PERSON, 0)
    assert (await seen(STRANGER, "unix", x_forwarded_for=PERSON))["client"] == (STRANGER, 50000)


async def test_an_address_that_is_mapped_into_ipv6_is_the_same_proxy():
    assert await address(f"::ffff:{PROXY}", PERSON) == PERSON


async def test_the_servers_own_events_pass():
    assert (await seen(None, kind="lifespan"))["type"] == "lifespan"


@each("name", ["proxy.example", "10.0.0.1/8", "10.0.0.0/64", "*", ""])
def test_host_name_in_trusted_proxies_stops_the_start(name):
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        proxies([name])
