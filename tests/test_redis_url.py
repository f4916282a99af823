"""Every form of REDIS_URL, and the error message for each invalid one."""

import pytest
from channels_redis.utils import create_pool
from django.core.exceptions import ImproperlyConfigured
from redis.asyncio.connection import SSLConnection, UnixDomainSocketConnection
from redis.asyncio.sentinel import SentinelConnectionPool, SentinelManagedSSLConnection

from chatsite.config.channel_layer import channel_layer, hosts
from tests.cases import each


def pool_of(address):
    [host] = hosts(address)
    return create_pool(host)


def options_of(address):
    """Return the arguments that redis-py connects with."""
    return pool_of(address).connection_kwargs


@pytest.fixture
def authority(tmp_path):
    file = tmp_path / "ca.pem"
    file.touch()
    return file


EVERY_FORM = [
    "redis://cache.example:6380/2",
    "rediss://cache.example",
    "unix:///run/valkey.sock?db=3",
    "redis+sentinel://one,two/chat",
    "rediss+sentinel://one/chat",
]


@each("address", EVERY_FORM)
def test_every_form_of_redis_url_has_timeouts(address):
    options = options_of(address)
    assert (options["socket_timeout"], options["socket_connect_timeout"]) == (5, 2)
    assert options["health_check_interval"] == 10
    assert options.get("socket_keepalive") is (None if address.startswith("unix") else True)


@each("address", [f"{form}{'&' if '?' in form else '?'}socket_timeout=1.5" for form in EVERY_FORM])
def test_options_in_redis_url_override_the_defaults(address):
    assert options_of(address)["socket_timeout"] == 1.5


def test_a_server_a_port_and_a_database():
    options = options_of("redis://cache.example:6380/2")
    assert (options["host"], options["port"], options["db"]) == ("cache.example", 6380, 2)
    assert options_of("redis://[2001:db8::1]:6380")["host"] == "2001:db8::1"


def test_a_user_and_a_password_with_anything_in_it():
    options = options_of("redis://chat:p%40ss%2Fw%2Crd@cache.example")
    assert (options["username"], options["password"]) == ("chat", "p@ss/w,rd")
    assert options_of("redis://:secret@cache.example")["password"] == "secret"


def test_tls_verifies_the_server_by_the_authority_that_is_named(authority):
    pool = pool_of(f"rediss://cache.example?ssl_ca_certs={authority}")
    assert pool.connection_class is SSLConnection
    context = pool.make_connection().ssl_context
    assert (context.ca_certs, context.check_hostname) == (str(authority), True)
    assert context.cert_reqs.name == "CERT_REQUIRED"


def test_a_socket_on_this_machine():
    pool = pool_of("unix://chat:secret@/run/valkey.sock?db=3")
    assert pool.connection_class is UnixDomainSocketConnection
    assert (pool.connection_kwargs["path"], pool.connection_kwargs["db"]) == ("/run/valkey.sock", 3)
    assert pool.connection_kwargs["password"] == "secret"


def test_several_servers_share_the_rooms():
    found = hosts("redis://one.example:6379/0, rediss://u:a,b@two.example/1,unix:///run/three.sock")
    addresses = [host["address"] for host in found]
    assert addresses == ["redis://one.example:6379/0", "rediss://u:a,b@two.example/1", "unix:///run/three.sock"]


def test_a_service_behind_sentinels():
    pool = pool_of("redis+sentinel://chat:s%40cret@one.example:26380,[2001:db8::1],two.example/live/4")
    assert isinstance(pool, SentinelConnectionPool)
    assert (pool.service_name, pool.connection_kwargs["db"]) == ("live", 4)
    assert (pool.connection_kwargs["username"], pool.connection_kwargs["password"]) == ("chat", "s@cret")
    addresses = [sentinel.connection_pool.connection_kwargs for sentinel in pool.sentinel_manager.sentinels]
    assert [(it["host"], it["port"]) for it in addresses] == [
        ("one.example", 26380),
        ("2001:db8::1", 26379),
        ("two.example", 26379),
    ]


def test_sentinels_have_an_account_of_their_own():
    pool = pool_of("redis+sentinel://chat:secret@one/live?sentinel_username=watch&sentinel_password=other")
    [sentinel] = pool.sentinel_manager.sentinels
    options = sentinel.connection_pool.connection_kwargs
    assert (options["username"], options["password"]) == ("watch", "other")
    assert "sentinel_password" not in pool.connection_kwargs
    [without] = pool_of("redis+sentinel://chat:secret@one/live").sentinel_manager.sentinels
    assert without.connection_pool.connection_kwargs["password"] is None


def test_a_sentinel_that_is_silent_is_passed_over_before_a_broadcast_is_given_up():
    [sentinel] = pool_of("redis+sentinel://one/live").sentinel_manager.sentinels
    options = sentinel.connection_pool.connection_kwargs
    assert options["socket_timeout"] == options["socket_connect_timeout"] == 0.5
    assert options["retry"].get_retries() == 0


def test_tls_with_sentinels_is_for_both(authority):
    pool = pool_of(f"rediss+sentinel://one/live?ssl_ca_certs={authority}")
    assert pool.connection_class is SentinelManagedSSLConnection
    assert pool.make_connection().ssl_context.ca_certs == str(authority)
    [sentinel] = pool.sentinel_manager.sentinels
    assert sentinel.connection_pool.make_connection().ssl_context.ca_certs == str(authority)


@each(
    ("address", "sentence"),
    [
        ("cache.example", "must begin with redis://"),
        ("http://cache.example", "must begin with redis://"),
        ("redis://", "must name a server"),
        ("redis://one,two/0", "must name a server in each address"),
        ("redis://cache.example/chat", "the number of a database"),
        ("redis://cache.example/0,,redis://two", "the number of a database"),
        ("redis://cache.example:port", "invalid server or port"),
        ("redis://:pa/ss@cache.example", "write / as %2F"),
        ("redis://cache.example?timeout_of_sockets=1", "'timeout_of_sockets'"),
        ("redis://cache.example?socket_timeout=soon", "'socket_timeout'"),
        ("redis://cache.example?ssl_ca_certs=/etc/ca.pem", "'ssl_ca_certs'"),
        ("rediss://cache.example?ssl_ca_certs=/not/there", "ssl_ca_certs=/not/there, which does not exist"),
        ("rediss://cache.example?ssl_cert_reqs=perhaps", "perhaps"),
        ("unix://", "must name a socket"),
        ("redis+sentinel://one", "must name the service"),
        ("redis+sentinel://one/live/first", "must name the service"),
        ("redis+sentinel:///live", "an invalid Sentinel"),
        ("redis+sentinel://one:x/live", "an invalid Sentinel"),
        ("redis+sentinel://one/live?nonsense=1", "'nonsense'"),
        ("redis+sentinel://one/live?socket_timeout=soon", "'socket_timeout'"),
    ],
)
def test_an_invalid_url_is_refused_with_a_sentence(address, sentence):
    with pytest.raises(ImproperlyConfigured) as refused:
        channel_layer(address)
    assert str(refused.value).startswith("REDIS_URL ")
    assert sentence in str(refused.value)


@each(
    "address",
    [
        "http://:sesame@cache.example",
        "redis://:sesame@one,two/0",
        "redis://:sesame@cache.example:port",
        "redis://:sesame/1@cache.example",
        "redis://:sesame@cache.example?nonsense=1",
        "redis://:sesame\u2100@cache.example",
        "redis+sentinel://:sesame@one:x/live",
        "redis+sentinel://:sesame@one",
    ],
)
def test_error_messages_do_not_contain_the_password(address):
    with pytest.raises(ImproperlyConfigured) as refused:
        channel_layer(address)
    assert "sesame" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_without_an_address_the_layer_is_inside_the_process():
    assert channel_layer("")["BACKEND"] == "chatsite.config.memory_layer.MemoryLayer"
