"""What people come in with, sessions and tokens: noting that it is used, and ending it."""

import logging
from collections.abc import Iterable

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from chat import broadcast
from chat.auth.authentication import Credential
from chat.errors import ActionError
from chat.models import Person, Session, Token
from chat.models.session_keys import ids_by_id, ids_by_key
from chat.protocol import Code

log = logging.getLogger(__name__)

# Keys in one statement; SQLite takes no more than 999 in older releases.
BATCH = 500


def confirm_unchanged(person: Person, session_key: str | None = None) -> Person:
    """Lock the person's row until the transaction ends, and return it as it is now.

    Every act that follows a check of who somebody is begins with this. Meanwhile another request may have changed the
    password that `person` was read with, closed the account, or ended the session of this key. Then it is refused.
    """
    now = _lock(person)
    is_same = now is not None and now.is_active and _mark(now) == _mark(person)
    if now is None or not is_same or not _is_alive(session_key):
        raise ActionError(Code.SIGNED_OUT, "You’ve been signed out. Sign in and try again.")
    return now


def _mark(person: Person) -> str:
    """Return what is the same as long as the password is, also when that was encoded anew."""
    return person.get_session_auth_hash()


def _lock(person: Person) -> Person | None:
    """Have whatever else begins so for this person wait for the end of this transaction."""
    return Person.objects.select_for_update(no_key=True).filter(pk=person.pk).first()


def _is_alive(session_key: str | None) -> bool:
    """Whether this session goes on; also where there is none, as for a program."""
    return session_key is None or Session.objects.alive().filter(pk__in=ids_by_key(session_key)).exists()


def record_use(credentials: Iterable[Credential]) -> None:
    """That these are used now. Only those are written of which it is not known well enough."""
    credentials, now = list(credentials), timezone.now()
    keys = [it for credential in credentials if credential.session_id for it in ids_by_id(credential.session_id)]
    tokens = [credential.token_id for credential in credentials if credential.token_id]
    try:
        for start in range(0, len(keys), BATCH):
            Session.objects.stale_last_used(now).filter(pk__in=keys[start : start + BATCH]).update(seen_at=now)
        for start in range(0, len(tokens), BATCH):
            Token.objects.stale_last_used(now).filter(pk__in=tokens[start : start + BATCH]).update(last_used_at=now)
    except (OperationalError, InterfaceError):
        _lost()


def record_browser(session_id: str, person_id: int, user_agent: str) -> None:
    """That somebody uses a session with this browser now."""
    seen = {"person_id": person_id, "user_agent": user_agent, "seen_at": timezone.now()}
    try:
        Session.objects.filter(pk=session_id).update(**seen)
    except (OperationalError, InterfaceError):
        _lost()


def _lost() -> None:
    """What somebody came for is not refused because it could not be noted when they came."""
    log.warning("Could not record that a session or token was used.", exc_info=True)


def sign_out(person: Person, public_id: str) -> None:
    """End one of the person's sessions, and what is open by it."""
    sessions = [session for session in person.sessions.all() if session.public_id == public_id]
    if not sessions:
        raise ActionError(Code.NOT_FOUND, "That device is already signed out.")
    with transaction.atomic():
        Session.objects.filter(pk__in=ids_by_id(sessions[0].pk)).delete()
        _tell()


def sign_out_elsewhere(person: Person, session_key: str | None) -> int:
    """End all of the person's sessions but this one, and what is open by them; their number."""
    with transaction.atomic():
        confirm_unchanged(person, session_key)
        _claim_unnamed(person)
        ended, _ = person.sessions.exclude(pk__in=ids_by_key(session_key)).delete()
        _tell()
    return ended


def revoke_token(person: Person, token_id: int) -> None:
    """End one of the person's tokens, and what is connected by it."""
    with transaction.atomic():
        if not person.tokens.valid().filter(pk=token_id).update(revoked_at=timezone.now()):
            raise ActionError(Code.NOT_FOUND, "This token has already been revoked.")
        _tell()


def leave(session_key: str) -> None:
    """End a session, and what is open by it, at once: whoever signs out is gone when they see that they are."""
    with transaction.atomic():
        Session.objects.filter(pk__in=ids_by_key(session_key)).delete()
        _tell()


def change_password(person: Person, password: str, keep: str | None = None) -> None:
    """Give a person another password. What anybody came in by before ends: every token, and every session but `keep`,
    whose caller says that it is still theirs."""
    encoded = make_password(password)  # before the transaction, since it takes long
    with transaction.atomic():
        confirm_unchanged(person)
        person.password = encoded
        person.save(update_fields=["password"])
        end_all(person, keep)


def end_all(person: Person, keep: str | None = None) -> None:
    """Whoever comes in as this person from now on has signed in anew; the session `keep` goes on."""
    with transaction.atomic():
        _lock(person)
        _claim_unnamed(person)
        person.sessions.exclude(pk__in=ids_by_key(keep)).delete()
        person.tokens.valid().update(revoked_at=timezone.now())
        _tell()


def remove_all(person: Person) -> None:
    """Leave nothing that anybody could come in by as this person."""
    with transaction.atomic():
        _lock(person)
        _claim_unnamed(person)
        person.sessions.all().delete()
        person.tokens.all().delete()
        _tell()


def _claim_unnamed(person: Person) -> None:
    """Find the person's sessions among those of which it is not known whose they are: the code before made them while
    it ran beside this one."""
    unnamed = Session.objects.alive().filter(person=None).iterator()
    keys = [session.pk for session in unnamed if session.get_decoded().get(SESSION_KEY) == str(person.pk)]
    Session.objects.filter(pk__in=keys).update(person=person)


def _tell() -> None:
    """Have every process look again at who may be where."""
    broadcast.publish_on_commit(broadcast.WORKERS_GROUP, broadcast.access_moved())
