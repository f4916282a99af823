"""Django's sessions with three more columns: the person, the browser and the last use. This is the `SESSION_ENGINE`."""

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
# The backend that people sign in with, and the name that the table has for it. Earlier releases know only that name.
BACKEND = "chat.auth.authentication.PersonBackend"
STORED_BACKEND = "django.contrib.auth.backends.ModelBackend"
# The last use of a session is written at most this often.
USE_RECORDED_EVERY = timedelta(minutes=10)


class SessionQuerySet(models.QuerySet["Session"]):
    def alive(self) -> Self:
        return self.filter(expire_date__gt=timezone.now())

    def stale_last_used(self, now: datetime) -> Self:
        """Return the sessions whose last recorded use is missing or too old."""
        return self.exclude(seen_at__gt=now - USE_RECORDED_EVERY)

    def latest_first(self) -> Self:
        return self.order_by(models.F("seen_at").desc(nulls_last=True), "pk")

    def with_first(self, ids: Iterable[str]) -> Self:
        """Put the sessions with these ids first, and keep the order otherwise."""
        is_first = models.Case(models.When(pk__in=ids, then=0), default=1)
        return self.order_by(is_first, *self.query.order_by)


class SessionManager(BaseSessionManager["Session"].from_queryset(SessionQuerySet)):  # type: ignore[misc]
    """Django's manager with the queries above."""


class Session(AbstractBaseSession):
    """A browser in which someone is signed in.

    The table is that of `django.contrib.sessions`. So people stay signed in during an upgrade from it, and workers of
    an older release use the same sessions. Those do not fill the columns added here.

    The column `session_key` holds the digest of the key (`chat.models.session_keys`).
    """

    # Without a database constraint, because an older release deletes people without deleting these rows.
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
        """Return the public id. The key must not appear in a log, because it signs its reader in."""
        return f"session {self.public_id}"

    @classmethod
    def get_session_store_class(cls) -> type["SessionStore"]:
        return SessionStore

    @property
    def public_id(self) -> str:
        """Return the name of this session on pages. The key cannot be derived from it."""
        return salted_hmac("chat.session", self.session_key).hexdigest()[:32]


class SessionStore(django.DatabaseSessionStore):
    """The session behind a cookie. The class name is part of the salt that Django signs with, so it must not change."""

    def __init__(self, session_key: str | None = None):
        super().__init__(session_key)
        self.user_agent = ""  # of the current request
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
        """Return the id of this session's row as it was last read or written."""
        return self._row.pk if self._row and self._row.pk in ids_by_key(self.session_key) else None

    def is_last_used_stale(self, now: datetime) -> bool:
        """Return whether a use at `now` has to be recorded. A session that is saved anyway records it with that."""
        row = self._row
        if row is None or self.modified or self.session_id is None or SESSION_KEY not in self:
            return False
        return row.person_id is None or row.seen_at is None or row.seen_at <= now - USE_RECORDED_EVERY

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(pk__in=ids_by_key(session_key)).exists()

    async def aexists(self, session_key: str) -> bool:
        return await sync_to_async(self.exists)(session_key)

    def save(self, must_create: bool = False) -> None:
        """Save as Django does. The row's id may have been converted to a digest since it was read."""
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
        """Check as Django does, and refuse a stored digest. A value that cannot be a key costs no query."""
        return super().is_valid_key(key) and is_key(key or "")

    def row_of_session(self) -> Session | None:
        """Return the row as Django does, with a query that is compiled once, because every page needs it."""
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
