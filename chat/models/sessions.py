"""Where people are signed in: Django's sessions, which here know whose they are, from what, and since when unused.

`SESSION_ENGINE` is this module.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self, cast

from asgiref.sync import sync_to_async
from django.contrib.auth import BACKEND_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from chat.adapters import django
from chat.db.compiled_queries import CompiledQuery, Param
from chat.models.people import Person
from chat.models.session_keys import MARK, digest_of, id_of_new, ids_by_key, is_key

AGENT_MAX_LENGTH = 200
# The backend by which people sign in, and the one that it is called in the table. Earlier releases know only that one.
BACKEND = "chat.auth.authentication.PersonBackend"
STORED_BACKEND = "django.contrib.auth.backends.ModelBackend"
# How exactly it is known when a session was last used.
NOTED_EVERY = timedelta(minutes=10)


class SessionQuerySet(models.QuerySet["Session"]):
    def alive(self) -> Self:
        return self.filter(expire_date__gt=timezone.now())

    def stale_last_used(self, now: datetime) -> Self:
        """Those of whose last use nothing is known, or nothing recent."""
        return self.exclude(seen_at__gt=now - NOTED_EVERY)

    def latest_first(self) -> Self:
        return self.order_by(models.F("seen_at").desc(nulls_last=True), "pk")

    def with_first(self, ids: Iterable[str]) -> Self:
        """The same order behind the sessions with these ids."""
        is_first = models.Case(models.When(pk__in=ids, then=0), default=1)
        return self.order_by(is_first, *self.query.order_by)


class SessionManager(BaseSessionManager["Session"].from_queryset(SessionQuerySet)):  # type: ignore[misc]
    """Django's, with the queries above."""


class Session(AbstractBaseSession):
    """A browser in which somebody is signed in.

    It has the table of `django.contrib.sessions`, so that everybody stays signed in who was, and so that workers with
    the code before, during an upgrade, know the same sessions. What those write says nothing of the columns added here.

    The column `session_key` holds the digest of the key, as `chat.models.session_keys` says.
    """

    # Without a constraint: the code before removes people without knowing that this refers to them.
    person = models.ForeignKey(
        Person, null=True, on_delete=models.CASCADE, related_name="sessions", db_constraint=False
    )
    user_agent = models.CharField(max_length=AGENT_MAX_LENGTH, blank=True, default="", db_default="")
    seen_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[SessionManager] = SessionManager()

    class Meta(AbstractBaseSession.Meta):
        db_table = "django_session"
        default_permissions = ()

    def __str__(self) -> str:
        """Never the key: whoever reads it in a log could come in by it."""
        return f"session {self.public_id}"

    @classmethod
    def get_session_store_class(cls) -> type["SessionStore"]:
        return SessionStore

    @property
    def public_id(self) -> str:
        """What names this session on a page, from which nobody can tell its key."""
        return salted_hmac("chat.session", self.session_key).hexdigest()[:32]


class SessionStore(django.DatabaseSessionStore):
    """The session behind a cookie. Django signs what is in it with the name of this class, which therefore stays."""

    def __init__(self, session_key: str | None = None):
        super().__init__(session_key)
        self.user_agent = ""  # of the request at hand
        self._row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def encode(self, session_dict: dict[str, Any]) -> str:
        return super().encode(_with_backend(session_dict, BACKEND, STORED_BACKEND))

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        return _with_backend(super().decode(session_data), STORED_BACKEND, BACKEND)

    @property
    def session_id(self) -> str | None:
        """The id of this session's row as it was read or written last."""
        return self._row.pk if self._row and self._row.pk in ids_by_key(self.session_key) else None

    def is_last_used_stale(self, now: datetime) -> bool:
        """Whether it is worth noting that a person uses this session now. What is saved anyway is noted with it."""
        row = self._row
        if row is None or self.modified or self.session_id is None or SESSION_KEY not in self:
            return False
        return row.person_id is None or row.seen_at is None or row.seen_at <= now - NOTED_EVERY

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(pk__in=ids_by_key(session_key)).exists()

    async def aexists(self, session_key: str) -> bool:
        return await sync_to_async(self.exists)(session_key)

    def save(self, must_create: bool = False) -> None:
        """As Django's own; the row may have been converted to its digest since it was read."""
        try:
            super().save(must_create)
        except UpdateError:
            if self._row is None or self._row.pk.startswith(MARK):
                raise
            self._row.pk = digest_of(self._row.pk)
            super().save()

    async def asave(self, must_create: bool = False) -> None:
        await sync_to_async(self.save)(must_create)

    def delete(self, session_key: str | None = None) -> None:
        Session.objects.filter(pk__in=ids_by_key(session_key or self.session_key)).delete()

    async def adelete(self, session_key: str | None = None) -> None:
        await sync_to_async(self.delete)(session_key)

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        return self._complete(super().create_model_instance(data), data)

    def _complete(self, row: AbstractBaseSession, data: dict[str, Any]) -> Session:
        session = cast(Session, row)
        session.pk = self.session_id or id_of_new(session.session_key)
        session.person_id = data.get(SESSION_KEY)
        session.user_agent = self.user_agent or (self._row.user_agent if self._row else "")
        session.seen_at = timezone.now()
        self._row = session
        return session

    def is_valid_key(self, key: str | None) -> bool:
        """Django's; what stands in the table is no key, and no database is asked for what cannot be one."""
        return super().is_valid_key(key) and is_key(key or "")

    def row_of_session(self) -> Session | None:
        """As Django's own, by a statement that is built once: every page asks for one."""
        now = timezone.now()
        found = (row for session_id in ids_by_key(self.session_key) for row in _BY_KEY.rows(key=session_id, now=now))
        self._row = next(found, None)
        if self._row is None:
            self.forget_key()
        return self._row


def _with_backend(fields: dict[str, Any], before: str, after: str) -> dict[str, Any]:
    return {**fields, BACKEND_SESSION_KEY: after} if fields.get(BACKEND_SESSION_KEY) == before else fields


_BY_KEY = CompiledQuery(
    lambda: Session.objects.filter(
        pk=Param("key", Session._meta.pk), expire_date__gt=Param("now", Session._meta.get_field("expire_date"))
    )
)
