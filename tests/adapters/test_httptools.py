"""The installed httptools behaves as the site needs it beyond its documentation."""

import httptools
import pytest

from chat.adapters.httptools import StopParsing


class Events:
    def __init__(self):
        self.names, self.headers = [], []

    def on_header(self, name, value):
        self.headers.append((name, value))

    def on_headers_complete(self):
        self.names.append("head")
        raise StopParsing

    def on_message_complete(self):
        self.names.append("end")


def test_an_exception_in_a_callback_ends_parsing_as_a_malformed_request_does():
    events = Events()
    parser = httptools.HttpRequestParser(events)
    with pytest.raises(httptools.HttpParserCallbackError) as caught:
        parser.feed_data(b"GET / HTTP/1.1\r\nA: b\r\n\r\n" * 3)
    assert isinstance(caught.value, httptools.HttpParserError), "httptools changed HttpParserCallbackError"
    assert isinstance(caught.value.__context__, StopParsing)
    assert events.names == ["head"], "httptools changed what follows an exception in a callback"


def test_a_value_is_bytes_also_where_it_is_empty():
    events = Events()
    with pytest.raises(httptools.HttpParserCallbackError):
        httptools.HttpRequestParser(events).feed_data(b"GET / HTTP/1.1\r\nA:\r\nB: c \r\n\r\n")
    assert events.headers[0] == (b"A", b""), "httptools changed the value of an empty header"
    assert events.headers[1][1].strip() == b"c"
