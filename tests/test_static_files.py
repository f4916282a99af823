"""Static files: named after their content, compressed, and cached permanently."""

import copy
import gzip
import re
import urllib.error
import urllib.request
from pathlib import Path

import brotli
import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from whitenoise.storage import CompressedManifestStaticFilesStorage

from chat.rendering.joined_files import LIBRARY
from chatsite.server.static_files import HashedFiles, StaticFiles, with_static_files
from tests.fork_server import run_python
from tests.site import ROOT, Site, static_root

SOURCE = ROOT / "chat/static/chat/js/begin.js"


@pytest.fixture
def collected(settings):
    """The settings of production, with all files collected."""
    settings.STORAGES = copy.deepcopy(settings.STORAGES)
    settings.STORAGES["staticfiles"]["BACKEND"] = "chatsite.server.static_files.HashedFiles"
    settings.STATIC_ROOT = static_root()


async def application(scope, receive, send):
    """The application behind the static files."""
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"a page"})


async def ask(path, method="GET", app=None, **headers):
    sent = []

    async def send(event):
        sent.append(event)

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": pairs}
    await (app or StaticFiles(application))(scope, None, send)
    start, body = sent
    return start["status"], dict(start["headers"]), body["body"]


@pytest.mark.parametrize(
    ("accepted", "encoding", "decompress"),
    [("gzip, br", b"br", brotli.decompress), ("gzip", b"gzip", gzip.decompress)],
)
async def test_hashed_file_is_compressed_and_cached_permanently(collected, accepted, encoding, decompress):
    path = staticfiles_storage.url("chat/js/begin.js")
    status, headers, body = await ask(path, accept_encoding=accepted)
    assert status == 200
    assert (headers[b"content-encoding"], headers[b"vary"]) == (encoding, b"Accept-Encoding")
    assert re.fullmatch(rb"max-age=\d{8,}, public, immutable", headers[b"cache-control"])
    assert headers[b"content-type"] == b'text/javascript; charset="utf-8"'
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert b"access-control-allow-origin" not in headers
    assert len(body) == int(headers[b"content-length"])
    assert (await ask(path))[2] == decompress(body)


async def test_file_without_a_hash_in_its_name_is_cached_briefly(settings, tmp_path):
    (tmp_path / "robots.txt").write_text("none")
    settings.STATIC_ROOT = str(tmp_path)
    status, headers, body = await ask("/static/robots.txt")
    assert (status, headers[b"cache-control"], body) == (200, b"max-age=60, public", b"none")


def test_only_files_with_a_hash_in_their_names_are_kept(collected):
    names = [it.name for it in Path(static_root()).rglob("*.*") if it.name != "staticfiles.json"]
    assert names
    assert [name for name in names if not re.search(r"\.[0-9a-f]{12}(\.\w+)?(\.br|\.gz)?$", name)] == []


async def test_an_unchanged_static_file_is_not_sent_again(collected):
    _, headers, _ = await ask(staticfiles_storage.url("chat/js/begin.js"))
    status, again, body = await ask(
        staticfiles_storage.url("chat/js/begin.js"), if_none_match=headers[b"etag"].decode()
    )
    assert (status, body, again[b"etag"]) == (304, b"", headers[b"etag"])


async def test_a_range_request_gets_a_part(collected):
    status, headers, body = await ask(staticfiles_storage.url("chat/js/begin.js"), range="bytes=3-9")
    assert (status, body) == (206, SOURCE.read_bytes()[3:10])
    assert headers[b"content-range"].startswith(b"bytes 3-9/")


async def test_files_are_only_read(collected):
    status, headers, body = await ask(staticfiles_storage.url("chat/js/begin.js"), method="HEAD")
    assert (status, body) == (200, b"")
    assert int(headers[b"content-length"]) == SOURCE.stat().st_size
    assert (await ask(staticfiles_storage.url("chat/js/begin.js"), method="POST"))[0] == 405


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/static/",
        "/static",
        "/static/chat/js",
        "/static/chat/js/begin.js",
        "/static/../manage.py",
        "/static//etc/passwd",
        "/static/nothing.js",
    ],
)
async def test_other_paths_are_passed_to_the_site(collected, path):
    assert await ask(path) == (404, {}, b"a page")


async def test_a_file_of_the_next_release_is_found_by_its_hashed_name_alone(collected, settings, tmp_path):
    (tmp_path / "old.js").write_text("old")
    settings.STATIC_ROOT = str(tmp_path)
    files = StaticFiles(application)
    for name in ("new.0123456789ab.js", "new.js"):
        (tmp_path / name).write_text("new")
    status, headers, body = await ask("/static/new.0123456789ab.js", app=files)
    assert (status, body) == (200, b"new")
    assert b"immutable" in headers[b"cache-control"]
    assert await ask("/static/new.js", app=files) == (404, {}, b"a page")


@pytest.mark.parametrize(
    "path", ["/static/../outside.0123456789ab.js", "/static//outside.0123456789ab.js", "/static/a.0123456789ab.js"]
)
async def test_static_files_outside_the_folder_are_not_served(collected, settings, tmp_path, path):
    (tmp_path / "static").mkdir()
    (tmp_path / "outside.0123456789ab.js").write_text("secret")
    settings.STATIC_ROOT = str(tmp_path / "static")
    assert await ask(path, app=StaticFiles(application)) == (404, {}, b"a page")


def test_modules_import_each_other_by_their_hashed_names(collected):
    names = {it.relative_to(ROOT / "chat/static").as_posix() for it in (ROOT / "chat/static/chat/js").rglob("*.js")}
    paths = {staticfiles_storage.stored_name(name) for name in names}
    modules = [Path(static_root()) / path for path in paths]
    imported = [name for path in modules for name in re.findall(r'(?:from|import)\s*\(?"(\.[^"]+)"', path.read_text())]
    library = staticfiles_storage.stored_name(LIBRARY)
    assert staticfiles_storage.stored_name("chat/js/helpers/text.js") == library
    assert len(modules) < len(names) / 4
    assert imported
    assert [name for name in imported if not re.search(r"\.[0-9a-f]{12}\.js$", name)] == []


def test_uncollected_static_files_stop_the_start_with_a_sentence(collected, settings, tmp_path):
    settings.STATIC_ROOT, settings.STORAGES = str(tmp_path), copy.deepcopy(settings.STORAGES)
    with pytest.raises(ImproperlyConfigured, match=r"collectstatic --noinput") as refused:
        with_static_files(application)
    assert str(tmp_path) in str(refused.value)
    settings.STATIC_ROOT, settings.STORAGES = static_root(), copy.deepcopy(settings.STORAGES)
    assert isinstance(with_static_files(application), StaticFiles)


# ---- In real server processes


def test_server_without_collected_files_does_not_start(tmp_path):
    site = Site(tmp_path, STATIC_ROOT=str(tmp_path / "nothing"))
    run = run_python(["-m", "uvicorn", "chatsite.asgi:application", "--port=0"], site.environment)
    assert run.returncode != 0
    assert "collectstatic --noinput" in run.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
@pytest.mark.parametrize("debug", ["on", "off"])
def test_pages_and_their_static_files_come_from_the_same_server(tmp_path, server, debug):
    site = Site(tmp_path, DEBUG=debug, STATIC_ROOT=static_root() if debug == "off" else str(tmp_path / "nothing"))
    try:
        address = f"http://127.0.0.1:{site.start(server)}"
        with urllib.request.urlopen(f"{address}/") as page:
            text = page.read().decode()
        named = re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
        assert named
        for path in named:
            with urllib.request.urlopen(address + path) as file:
                assert ("immutable" in file.headers.get("Cache-Control", "")) == (debug == "off")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}/static/nothing.js")
    finally:
        site.stop()
    assert "Warning" not in site.log.read_text()


@pytest.mark.parametrize(("debug", "times"), [(False, 1), (True, 2)])
def test_an_address_is_looked_up_once_where_files_do_not_change(settings, monkeypatch, tmp_path, debug, times):
    settings.DEBUG, settings.STATIC_ROOT = debug, tmp_path
    looked_up = []

    def look_up(storage, name, force=False):
        looked_up.append(name)
        return f"/static/{name}"

    monkeypatch.setattr(CompressedManifestStaticFilesStorage, "url", look_up)
    storage = HashedFiles()
    assert [storage.url("page.css") for _ in range(2)] == ["/static/page.css"] * 2
    assert looked_up == ["page.css"] * times
