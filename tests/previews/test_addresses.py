"""The links that get a preview."""

from chat.previews.addresses import MAX_LINKS, previewed_links
from chat.text import markdown
from tests.cases import each

SKIPPED = [
    "https://user:password@example.org/", "https://user@example.org/", "https://example.org/a#access_token=x",
    "https://example.org/#secret=x", "https://example.org/doc#kQ3v9xT0aLwP7rYbN2mE22aB", "https://example.org/map.pdf",
    "https://example.org/a/setup.EXE", "https://example.org/data.tar.gz", "https://example.org/?file=x&token=1",
    "https://example.org/?sig=", "https://example.org/reset/7", "https://example.org/unsubscribe?id=7",
    "https://example.org/invite/abc", "https://example.org/s/kQ3v9xT0aLwP7rYbN2mE22aB",
    "https://example.org/550e8400-e29b-41d4-a716-446655440000", "https://example.org/?x=550e8400e29b41d4a716446655440000",
    "https://example.org/abcdefghijklmnopqrstuvwxyz", "https://example.org/?abcdefghijklmnopqrstuvwxyz",
    "https://example.org/%6bQ3v9xT0aLwP7rYbN2mE22aB", "https://example.org/a;kQ3v9xT0aLwP7rYbN2mE22aB/b",
    "https://example.org:8443/", "http://example.org:22/", "https://chat.example.org/rooms/hall/",
    "https://example.org/" + "a/" * 1000,
]  # fmt: skip
READ = [
    "https://example.org", "http://example.org/map", "https://example.org/map.html", "https://example.org/index.php?id=7",
    "https://example.org/how-to-build-a-boat-in-2024-guide", "https://example.org/wiki/List_of_the_United_States",
    "https://example.org/watch?v=dQw4w9WgXcQ", "https://example.org/a?q=some+words+of+a+longer+search", "https://example.org/v1.2",
]  # fmt: skip


def links(*addresses):
    return previewed_links(markdown.render(" ".join(addresses)))


@each("address", SKIPPED)
def test_an_address_that_may_be_a_secret_a_file_or_an_action_gets_no_preview(settings, address):
    settings.SITE_URL = "https://chat.example.org"
    assert links(address) == []


@each("address", READ)
def test_other_addresses_get_one(address):
    assert links(address) == [address]


def test_only_the_first_links_count_without_their_fragments():
    assert links("https://a.org/#top", "https://a.org/#end", "https://b.org/", "https://c.org/") == ["https://a.org/"]
    many = [f"https://{name}.org/" for name in "abcd"]
    assert links(*many) == many[:MAX_LINKS]
    assert links("write to ada@example.org", "www.example.org", "`https://code.org/`") == ["http://www.example.org"]
