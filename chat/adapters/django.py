"""The private or undocumented parts of Django that the site uses: the query compiler, the SQLite connection, the ASGI
handler, the session store, and the validation of model forms.

`Model._meta` and `Model._state` are documented and used everywhere.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends import db
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import FORMAT_QMARK_REGEX
from django.db.models import QuerySet
from django.db.models.base import ModelState
from django.db.models.query import ModelIterable
from django.forms import BaseModelForm
from django.http.response import HttpResponseBase

__all__ = ["ASGIHandler", "ASGIRequest", "ModelState", "get_script_prefix"]

Converters = Mapping[int, tuple[Sequence[Callable[..., Any]], Any]]

# The methods that the site overrides or calls, with their parameters.
HANDLER_METHODS = {
    "handle": ("scope", "receive", "send"),
    "read_body": ("receive",),
    "create_request": ("scope", "body_file"),
    "run_get_response": ("request",),
    "listen_for_disconnect": ("receive",),
    "send_response": ("response", "send"),
    "load_middleware": ("is_async",),
    "get_response_async": ("request",),
}
COMPILER_METHODS = {
    "as_sql": (),
    "get_converters": ("expressions",),
    "apply_converters": ("rows", "converters"),
}
COMPILER_ATTRIBUTES = ("select", "klass_info", "annotation_col_map")
CLASS_INFO_KEYS = ("model", "select_fields")
RELATED_CLASS_INFO_KEYS = ("local_setter", "remote_setter")
CONNECTION_ATTRIBUTES = ("connection", "needs_rollback", "execute_wrappers", "queries_logged", "wrap_database_errors")
FORM_METHODS = {"_get_validation_exclusions": ()}
SESSION_METHODS = {"_validate_session_key": ("key",), "_get_session_from_db": (), "create_model_instance": ("data",)}


class Statement:
    """The SQL of a queryset for one connection, and Django's metadata on its columns."""

    def __init__(self, queryset: "QuerySet[Any, Any]", using: str):
        self._compiler = queryset.query.get_compiler(using)
        self.sql, self.parameters = self._compiler.as_sql()
        select = self._compiler.select
        self.converters: Converters = self._compiler.get_converters([column for column, *_ in select])
        self.makes_instances = queryset._iterable_class is ModelIterable

    @property
    def select(self) -> Sequence[Any]:
        return self._compiler.select

    @property
    def class_info(self) -> dict[str, Any]:
        """The model of the rows, and the positions of its fields among the columns."""
        info: dict[str, Any] = self._compiler.klass_info
        return info

    @property
    def annotations(self) -> Mapping[str, int]:
        positions: Mapping[str, int] = self._compiler.annotation_col_map
        return positions

    def converted(self, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        return list(self._compiler.apply_converters(rows, self.converters) if self.converters else rows)


def is_plain(database: Any) -> bool:
    """Return whether a statement may skip Django's cursor wrapper and go straight to SQLite's driver.

    The connection must be open and usable, and no wrapper may watch its queries. Django's cursor takes several times as
    long for a small statement as the database does.
    """
    return (
        database.vendor == "sqlite"
        and database.connection is not None
        and not (database.needs_rollback or database.execute_wrappers or database.queries_logged)
    )


def stop_logging_queries() -> None:
    """Stop Django from recording every SQL statement of this process in `connection.queries` while DEBUG is on.

    The log costs memory and time, and makes the site take another path to the database than in production.
    `force_debug_cursor` still turns it on, as in tests that count queries.
    """
    BaseDatabaseWrapper.queries_logged = property(lambda self: self.force_debug_cursor)  # type: ignore[method-assign,assignment]


@lru_cache
def with_question_marks(sql: str) -> str:
    """Convert the placeholders to those of SQLite's driver. Django's cursor does this for each execution."""
    return FORMAT_QMARK_REGEX.sub("?", sql).replace("%%", "%")


def name_handler(response: HttpResponseBase, handler: type[ASGIHandler]) -> None:
    """Make this handler the sender of the signal that the response was sent."""
    response._handler_class = handler  # type: ignore[attr-defined]


def forget_body(request: ASGIRequest) -> None:
    """Free the body of an answered request. The request is part of a reference cycle, and would keep it for long."""
    request.__dict__.pop("_body", None)


class DatabaseSessionStore(db.SessionStore):
    """Django's session store in the database, with public names for the methods that the site overrides."""

    def is_valid_key(self, key: str | None) -> bool:
        """Return whether a key may be looked up. The site overrides this."""
        return bool(super()._validate_session_key(key))  # type: ignore[misc]

    def row_of_session(self) -> Any:
        """Return the database row of the session, or None. The site overrides this."""
        return super()._get_session_from_db()  # type: ignore[misc]

    def forget_key(self) -> None:
        """Drop the key, so that the next save creates a new session."""
        self._session_key = None

    def _validate_session_key(self, key: str | None) -> bool:
        return self.is_valid_key(key)

    def _get_session_from_db(self) -> Any:
        return self.row_of_session()

    async def _aget_session_from_db(self) -> Any:
        return await sync_to_async(self.row_of_session)()


class UnchangedFieldsForm(BaseModelForm):
    """A model form that skips the validation of some fields while they keep their value."""

    unvalidated_while_unchanged: tuple[str, ...] = ()

    def _get_validation_exclusions(self) -> set[str]:
        kept = set(self.unvalidated_while_unchanged) - set(self.changed_data)
        return super()._get_validation_exclusions() | kept  # type: ignore[misc]
