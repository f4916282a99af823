"""Quoted cookie values are read in one pass, with the same result as Python's."""

import importlib.util
from http import cookies

from django.http import parse_cookie
from hypothesis import given
from hypothesis import strategies as st

from chat.adapters import http_cookies


def python_own():
    """The module as Python ships it, without the site's replacement."""
    spec = importlib.util.find_spec("http.cookies")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_django_reads_cookies_by_the_function_of_the_site(monkeypatch):
    read = []
    monkeypatch.setattr(cookies, "_unquote", lambda value: read.append(value) or "told")
    assert parse_cookie('a="b"') == {"a": "told"}, "django changed parse_cookie"
    assert read == ['"b"']


def test_the_function_of_the_site_is_in_use():
    assert cookies._unquote is http_cookies.unquoted


@given(st.text(st.sampled_from('\\"0123789abé'), max_size=12))
def test_a_value_is_read_as_python_reads_it(text):
    for value in (text, f'"{text}"'):
        assert http_cookies.unquoted(value) == python_own()._unquote(value)
