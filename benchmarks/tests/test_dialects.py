"""The dialects of the load generator, which must not misread a server, and its shared decoder."""

import msgspec
import pytest

from benchmarks import websocket
from benchmarks.load.decoder import SharedDecoder
from benchmarks.load.dialect import BODY_LENGTH, Answer, Decoded, Dialect, NotUnderstood, Visitor, body_of
from benchmarks.load.dialects import JOIN, Site, SocketIO, Tutorial, Xmpp
from benchmarks.tests.test_websocket import changes, row, server_frame
from chat import protocol
from chat.text import cleaning

VISITOR = Visitor("lobby", "secret")


def stanza(body, to="7@localhost/1"):
    """As ejabberd 23.01 sends it."""
    return (
        f"<message xmlns='jabber:client' xml:lang='en' to='{to}' from='lobby@conference.localhost/guest-1'"
        f" type='groupchat' id='5'><body>{body}</body></message>"
    ).encode()


MADE = {
    "plain": (Dialect(), lambda body: body.encode()),
    "tutorial": (Tutorial(), lambda body: msgspec.json.encode({"message": body})),
    "socketio": (SocketIO(), lambda body: b"42" + msgspec.json.encode(["message", body])),
    "site": (Site(), lambda body: changes(row(7, body))),
    "xmpp": (Xmpp(), stanza),
}


@pytest.mark.parametrize("name", MADE)
def test_a_post_is_heard_as_the_number_it_was_sent_with(name):
    dialect, made = MADE[name]
    assert body_of(7) in dialect.post(7, VISITOR)
    assert dialect.decode(made(body_of(7))).posts == (7,)


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("body", ["", "hello", body_of(7)[1:], body_of(7) + "1", body_of(7).upper()])
def test_what_was_never_posted_is_not_taken_for_a_post(name, body):
    dialect, made = MADE[name]
    with pytest.raises(NotUnderstood):
        dialect.decode(made(body))


def test_the_site_admits_acknowledges_and_asks_to_retry():
    site = Site()
    decoded = site.decode(changes(row(1), row(2)))
    assert (decoded.posts, [it.seq for it in decoded.rows], decoded.cursor) == ((1, 2), [2, 3], "e.1.3")
    assert site.decode(protocol.Ok(ref="3", seq=5, rev=6).encode().encode()).answered == Answer(3, seq=5, rev=6)
    busy = protocol.Error(ref="4", code=protocol.Code.BUSY, detail="", retry_after=0.5)
    assert site.decode(busy.encode().encode()).again == (4, 0.5)


@pytest.mark.parametrize("number", [0, 7, 1999, 1_000_000])
def test_a_body_is_eighty_characters_that_the_site_stores_as_they_are(number):
    body = body_of(number)
    assert len(body) == BODY_LENGTH
    assert cleaning.clean_text(body) == body
    assert body != body_of(number + 1)


@pytest.mark.parametrize(
    "frame",
    [
        protocol.Reset(cursor="e.1.9"),
        protocol.Bye(reason="restart"),
        protocol.Error(ref="4", code=protocol.Code.MUTED, detail=""),
    ],
)
def test_what_may_not_happen_while_the_site_is_measured_is_a_failure(frame):
    with pytest.raises(NotUnderstood):
        Site().decode(frame.encode().encode())


def test_someone_may_become_a_member_while_the_site_is_measured():
    standing = protocol.Standing(role="member", muted_until=None, mute_reason="", archived=False, member=True)
    assert Site().decode(protocol.StandingChanged(standing=standing).encode().encode()) == Decoded()


def test_socket_io_is_entered_step_by_step():
    dialect = SocketIO()
    frames = [b'0{"sid":"a"}', b'40{"sid":"b"}', b"2"]
    assert [dialect.decode(it).reply for it in frames] == ["40", JOIN, "3"]
    assert dialect.reply(Decoded(reply=JOIN), VISITOR) == '42["join","lobby"]'
    assert dialect.decode(b'42["joined","lobby"]').is_in
    with pytest.raises(NotUnderstood):
        dialect.decode(b"41")


def test_a_room_of_xmpp_is_entered_step_by_step():
    dialect, stream, sasl = (
        Xmpp(),
        "xmlns:stream='http://etherx.jabber.org/streams'",
        "urn:ietf:params:xml:ns:xmpp-sasl",
    )
    frames = [
        "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' id='1' version='1.0' xml:lang='en' from='localhost'/>",
        f"<stream:features {stream}><mechanisms xmlns='{sasl}'/></stream:features>",
        f"<success xmlns='{sasl}'/>",
        f"<stream:features {stream}><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>",
        "<iq xmlns='jabber:client' type='result' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
        "<presence xmlns='jabber:client' to='7@localhost/1' from='lobby@conference.localhost/secret'/>",
    ]
    replies = [dialect.reply(dialect.decode(it.encode()), VISITOR) for it in frames]
    assert [reply.partition(" ")[0] for reply in replies] == ["", "<auth", "<open", "<iq", "<presence", ""]
    assert "to='lobby@conference.localhost/secret'" in replies[4]
    empty = "<message xmlns='jabber:client' from='lobby@conference.localhost' type='groupchat'><subject/></message>"
    assert dialect.decode(empty.encode()).is_in
    for refused in ("<presence xmlns='jabber:client' type='error'/>", "<failure/>"):
        with pytest.raises(NotUnderstood):
            dialect.decode(refused.encode())


def test_copies_of_a_message_for_different_people_are_understood_once():
    decoder, posts = SharedDecoder(Xmpp()), [stanza(body_of(1), to) for to in ("7@localhost/1", "8@localhost/1")]
    assert posts[0] != posts[1]
    assert decoder.frame(posts[0]) is decoder.frame(posts[1])
    frames = [(websocket.TEXT, posts[0])]
    assert decoder.remember(server_frame(*frames[0]), frames) is None


def test_equal_bytes_are_understood_once_and_what_is_no_post_is_not_kept():
    decoder, posts = SharedDecoder(Site()), changes(row(1))
    assert decoder.frame(posts) is decoder.frame(posts)
    frames = [(websocket.TEXT, posts), (websocket.TEXT, changes(row(2)))]
    data = b"".join(server_frame(*frame) for frame in frames)
    assert decoder.whole_read(data) is None
    assert decoder.remember(data, frames).posts == (1, 2)
    assert decoder.whole_read(data).posts == (1, 2)
    answer = [(websocket.TEXT, protocol.Ok(ref="1").encode().encode())]
    assert decoder.remember(server_frame(*answer[0]), answer) is None
