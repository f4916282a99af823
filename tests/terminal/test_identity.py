"""The identity of a person on a site, now and at the next start."""

import os
import threading

import pytest

from chat.protocol import PersonData
from chat.terminal.address import Address
from chat.terminal.exit_codes import Exit, ExitError, SignedOut
from chat.terminal.identity import RequestedIdentity, TerminalIdentity
from chat.terminal.site import WelcomeReply
from chat.terminal.tokens import Tokens

HERE, THERE = "http://127.0.0.1:8000", "http://127.0.0.1:8001"
ADA = PersonData(7, "ada", True)
MEMBER = PersonData(8, "Bob", False)


class Site:
    """A site that accepts everyone as a new person. `arrivals` are the names with their passwords."""

    def __init__(self, origin=HERE):
        self.address, self.arrivals = Address(origin), []

    def join(self, name):
        return self._sign_in(name, None)

    def sign_in(self, name, password):
        return self._sign_in(name, password)

    def _sign_in(self, name, password):
        self.arrivals.append((name, password))
        number = len(self.arrivals)
        return WelcomeReply(f"token-{number}", PersonData(100 + number, name, password is None))


@pytest.fixture
def tokens(tmp_path):
    return Tokens(tmp_path / "config" / "tokens")


@pytest.fixture
def site():
    return Site()


def only_file(tokens):
    [path] = tokens.folder.glob("*.json")
    return path


def test_next_start_keeps_the_identity(tokens, site):
    assert (
        TerminalIdentity(site, RequestedIdentity("ada"), tokens).token()
        == TerminalIdentity(site, RequestedIdentity("ada"), tokens).token()
    )
    assert site.arrivals == [("ada", None)]


def test_a_token_is_for_its_owner_only(tokens, site):
    before = os.umask(0)
    try:
        TerminalIdentity(site, RequestedIdentity("ada"), tokens).token()
        path = only_file(tokens)
        assert (path.stat().st_mode & 0o777, tokens.folder.stat().st_mode & 0o777) == (0o600, 0o700)
        path.chmod(0o644)
        TerminalIdentity(site, RequestedIdentity("ada"), tokens).token()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list(tokens.folder.glob("*.tmp"))


def test_a_token_is_never_given_to_another_site(tokens, site):
    tokens.keep(HERE, ADA, "secret")
    for origin in (THERE, "https://127.0.0.1:8000", "http://127.0.0.1", "http://127.0.0.1:8000.evil.example"):
        assert tokens.find(origin, "ada") is None
        other = Site(origin)
        assert TerminalIdentity(other, RequestedIdentity("ada"), tokens).token() == "token-1"
    assert tokens.find(HERE, "ada").token == "secret"


def test_token_file_renamed_to_another_site_is_ignored(tokens):
    tokens.keep(THERE, ADA, "secret")
    path = only_file(tokens)
    path.rename(path.with_name(path.name.replace("8001", "8000")))
    assert tokens.find(HERE, "ada") is None


BROKEN = [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"origin": "http://127.0.0.1:8000"}']
BROKEN += [b'{"origin":"http://127.0.0.1:8000","person_id":1,"name":7,"guest":true,"token":"x"}']
BROKEN += [b'{"origin":"http://127.0.0.1:8000","person_id":1,"name":"ada","guest":true,"token":{}}']


@pytest.mark.parametrize("data", BROKEN, ids=lambda it: it[:20])
def test_a_file_that_cannot_be_read_is_skipped(tokens, data):
    tokens.keep(HERE, ADA, "secret")
    path = only_file(tokens)
    path.with_name(path.name.replace(".7.", ".9.")).write_bytes(data)
    path.with_name(path.name.replace(".7.", ".10.")).mkdir()
    path.with_name(path.name.replace(".7.", ".11.")).symlink_to("nowhere")
    assert tokens.find(HERE, "ada").token == "secret"


def test_without_a_name_the_last_identity_is_used(tokens):
    tokens.keep(HERE, ADA, "of ada")
    tokens.keep(HERE, MEMBER, "of bob")
    for path, used in zip(sorted(tokens.folder.glob("*.json")), (1000, 2000), strict=True):
        os.utime(path, (used, used))
    assert tokens.find(HERE).token == "of bob"
    assert tokens.find(HERE, "ADA").token == "of ada"
    assert tokens.find(HERE).token == "of ada"


def test_terminals_that_start_together_share_one_guest(tokens, site):
    gate = threading.Barrier(8)
    found = []

    def start():
        identity = TerminalIdentity(site, RequestedIdentity("ada"), Tokens(tokens.folder))
        gate.wait()
        found.append(identity.token())

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, site.arrivals) == (["token-1"] * 8, [("ada", None)])


def test_without_storage_a_guest_joins_with_a_warning(tmp_path, site, capsys):
    (tmp_path / "file").write_text("")
    tokens = Tokens(tmp_path / "file" / "tokens")
    assert TerminalIdentity(site, RequestedIdentity("ada"), tokens).token() == "token-1"
    assert capsys.readouterr().err == "Couldn’t save your sign-in: Not a directory.\n"


# ---- Invalid tokens

REFUSED = SignedOut("Sign in first.")


def test_a_guest_becomes_a_new_one_of_the_same_name(tokens, site):
    tokens.keep(HERE, ADA, "stale")
    identity = TerminalIdentity(site, RequestedIdentity(), tokens)
    assert (identity.token(), identity.token_after(REFUSED)) == ("stale", "token-1")
    assert site.arrivals == [("ada", None)]
    assert tokens.find(HERE, "ada").token == "token-1"


def test_a_second_terminal_takes_the_guest_whom_the_first_has_become(tokens, site):
    tokens.keep(HERE, ADA, "stale")
    identities = [TerminalIdentity(site, RequestedIdentity("ada"), tokens) for _ in range(2)]
    assert [it.token() for it in identities] == ["stale", "stale"]
    assert [it.token_after(REFUSED) for it in identities] == ["token-1", "token-1"]


def test_a_member_is_asked_for_the_password(tokens, site):
    tokens.keep(HERE, MEMBER, "stale")
    identity = TerminalIdentity(site, RequestedIdentity(), tokens, None, lambda question: question)
    identity.token()
    assert identity.token_after(REFUSED) == "token-1"
    assert site.arrivals == [("Bob", "Password for Bob: ")]


def test_member_in_a_script_is_asked_for_a_password_option(tokens, site):
    tokens.keep(HERE, MEMBER, "stale")
    identity = TerminalIdentity(site, RequestedIdentity(), tokens)
    identity.token()
    with pytest.raises(ExitError) as failure:
        identity.token_after(REFUSED)
    assert failure.value.code == Exit.NOT_ADMITTED
    assert failure.value.sentence == "Sign in as Bob with --password or CHAT_PASSWORD."


def test_token_refused_twice_ends_the_client(tokens, site):
    identity = TerminalIdentity(site, RequestedIdentity("ada"), tokens)
    identity.token()
    with pytest.raises(SignedOut):
        identity.token_after(REFUSED)


def test_given_token_is_used_and_never_replaced(tokens, site):
    tokens.keep(HERE, ADA, "kept")
    identity = TerminalIdentity(site, RequestedIdentity("ada", token="given"), tokens)
    assert identity.token() == "given"
    with pytest.raises(SignedOut):
        identity.token_after(REFUSED)


@pytest.mark.parametrize("token", ["", "two words", "a\r\nX-Evil: b", "é", "\x1b", "\udcff"])
def test_an_invalid_token_is_not_sent(tokens, site, token):
    with pytest.raises(ExitError) as failure:
        TerminalIdentity(site, RequestedIdentity(token=token), tokens).token()
    assert failure.value.code == Exit.USAGE


# ---- Names


def test_a_person_is_asked_for_a_name_and_a_script_has_that_of_the_computer(tokens, site, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    TerminalIdentity(Site(THERE), RequestedIdentity(), tokens, lambda question: " ").token()
    asked = Site()
    TerminalIdentity(asked, RequestedIdentity(), tokens, lambda question: " ada ").token()
    own = Site("http://localhost")
    TerminalIdentity(own, RequestedIdentity(), tokens).token()
    assert (asked.arrivals, own.arrivals) == ([("ada", None)], [("root", None)])


def test_a_user_without_a_name_has_to_give_one(tokens, site, monkeypatch):
    def nobody():
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    with pytest.raises(ExitError, match="--name"):
        TerminalIdentity(site, RequestedIdentity(), tokens).token()
