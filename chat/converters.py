"""Path converters for URLs. `schema` is their form in the API's description."""

from django.urls import register_converter
from django.urls.converters import IntConverter, StringConverter


class UnicodeSlugConverter(StringConverter):
    """A room's slug in any script. NUL is excluded, because PostgreSQL would refuse the query."""

    regex = r"[^/\x00]+"
    schema = {"type": "string", "pattern": r"^[^/\x00]+$"}


class SeqConverter(IntConverter):
    """A message's seq or another id, small enough for every database."""

    regex = "[0-9]{1,15}"
    schema = {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}


class FileKeyConverter(StringConverter):
    """The key of a file."""

    regex = "[A-Za-z0-9_-]{22}"
    schema = {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"}


class SecretConverter(StringConverter):
    """A secret of 256 bits, as `Token.new_secret` makes it."""

    regex = "[A-Za-z0-9_-]{43}"
    schema = {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"}


register_converter(SecretConverter, "secret")
register_converter(FileKeyConverter, "file_key")
register_converter(UnicodeSlugConverter, "room_slug")
register_converter(SeqConverter, "seq")
