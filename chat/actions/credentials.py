"""Sessions and access tokens: recording their use, and ending them."""

import logging
from collections.abc import Iterable

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from chat import broadcast
from chat.actions import push_subscriptions
from chat.auth.authentication import Credential
from chat.db.waiting import without_waiting
from chat.errors import ActionError
from chat.models import Person, Session, Token
from chat.models.session_keys import ids_by_id, ids_by_key
from chat.protocol import Code

log = logging.getLogger(__name__)

# Keys in one statement. Older releases of SQLite accept at most 999.
BATCH = 500


def confirm_unchanged(person: Person, session_key: str | None = None) -> Person:
    """Lock the person's row until the transaction ends, and return it as it is now.

    Every action that follows an identity check begins with this. Refuse if another request has meanwhile changed the
    password that `person` was read with, closed the account, or ended the session `session_key`.
    """
    now = _lock(person)
    is_same = now is not None and now.is_active and _mark(now) == _mark(person)
    if now is None or not is_same or not _is_alive(session_key):
        raise ActionError(Code.SIGNED_OUT, "You’ve been signed out. Sign in and try again.")
    return now


def _mark(person: Person) -> str:
    """Return a value that changes with the password only, and not when the same password is hashed again."""
    return person.get_session_auth_hash()


def _lock(person: Person) -> Person | None:
    """Lock the person's row. Other actions that begin with this lock wait until this transaction ends."""
    return Person.objects.select_for_update(no_key=True).filter(pk=person.pk).first()


def _is_alive(session_key: str | None) -> bool:
    """Return whether this session has not ended. A program has none, which counts as not ended."""
    return session_key is None or Session.objects.alive().filter(pk__in=ids_by_key(session_key)).exists()


def record_use(credentials: Iterable[Credential]) -> None:
    """Record that these are in use now. Only rows whose last recorded use is too old are written.

    Nothing is recorded if another writer would have to be waited for. Those who only read must not wait.
    """
    credentials, now = list(credentials), timezone.now()
    keys = [it for credential in credentials if credential.session_id for it in ids_by_id(credential.session_id)]
    tokens = [credential.token_id for credential in credentials if credential.token_id]
    try:
        with without_waiting():
            for start in range(0, len(keys), BATCH):
                Session.objects.stale_last_used(now).filter(pk__in=keys[start : start + BATCH]).update(seen_at=now)
            for start in range(0, len(tokens), BATCH):
                Token.objects.stale_last_used(now).filter(pk__in=tokens[start : start + BATCH]).update(last_used_at=now)
    except (OperationalError, InterfaceError) as error:
        log_unrecorded(error)


def record_browser(session_id: str, person_id: int, user_agent: str) -> None:
    """Record the person and the browser that use a session now, unless another writer would have to be waited for."""
    seen = {"person_id": person_id, "user_agent": user_agent, "seen_at": timezone.now()}
    try:
        with without_waiting():
            Session.objects.filter(pk=session_id).update(**seen)
    except (OperationalError, InterfaceError) as error:
        log_unrecorded(error)


def log_unrecorded(error: Exception) -> None:
    """Log that the use was not recorded. The next use is. It is no warning: any page may meet a busy database."""
    log.info("Could not record that a session or token was used: %s", error)


def sign_out(person: Person, public_id: str) -> None:
    """End one of the person's sessions, its connections and its pushes."""
    sessions = [session for session in person.sessions.all() if session.public_id == public_id]
    if not sessions:
        raise ActionError(Code.NOT_FOUND, "That device is already signed out.")
    with transaction.atomic():
        Session.objects.filter(pk__in=ids_by_id(sessions[0].pk)).delete()
        push_subscriptions.remove_ended(person)
        broadcast.publish(broadcast.access_moved())


def sign_out_elsewhere(person: Person, session_key: str | None) -> int:
    """End all of the person's other sessions, and their connections. Return the number of sessions."""
    with transaction.atomic():
        confirm_unchanged(person, session_key)
        _assign_unowned_sessions(person)
        ended, _ = person.sessions.exclude(pk__in=ids_by_key(session_key)).delete()
        push_subscriptions.remove_ended(person)
        broadcast.publish(broadcast.access_moved())
    return ended


def revoke_token(person: Person, token_id: int) -> None:
    """Revoke one of the person's tokens, and close its connections."""
    with transaction.atomic():
        if not person.tokens.valid().filter(pk=token_id).update(revoked_at=timezone.now()):
            raise ActionError(Code.NOT_FOUND, "This token has already been revoked.")
        broadcast.publish(broadcast.access_moved())


def end_session(session_key: str) -> None:
    """End a session, and its connections, before the person sees that they are signed out."""
    sessions = Session.objects.filter(pk__in=ids_by_key(session_key))
    with transaction.atomic():
        people = list(Person.objects.filter(sessions__in=sessions))
        sessions.delete()
        for person in people:
            push_subscriptions.remove_ended(person)
        broadcast.publish(broadcast.access_moved())


def change_password(person: Person, password: str, keep: str | None = None) -> None:
    """Change a person's password. All tokens end, and all sessions except `keep`.

    The caller has checked that `keep` is still the person's session.
    """
    encoded = make_password(password)  # before the transaction, since it takes long
    with transaction.atomic():
        confirm_unchanged(person)
        person.password = encoded
        person.save(update_fields=["password"])
        end_all(person, keep)


def end_all(person: Person, keep: str | None = None) -> None:
    """End all sessions of the person except `keep`, and revoke all their tokens."""
    with transaction.atomic():
        _lock(person)
        _assign_unowned_sessions(person)
        person.sessions.exclude(pk__in=ids_by_key(keep)).delete()
        push_subscriptions.remove_ended(person)
        person.tokens.valid().update(revoked_at=timezone.now())
        broadcast.publish(broadcast.access_moved())


def remove_all(person: Person) -> None:
    """Delete all sessions and tokens of the person."""
    with transaction.atomic():
        _lock(person)
        _assign_unowned_sessions(person)
        person.sessions.all().delete()
        push_subscriptions.remove_ended(person)
        person.tokens.all().delete()
        broadcast.publish(broadcast.access_moved())


def _assign_unowned_sessions(person: Person) -> None:
    """Assign the person's sessions that name no person. A worker of an older release creates such sessions."""
    unowned = Session.objects.alive().filter(person=None).iterator()
    keys = [session.pk for session in unowned if session.get_decoded().get(SESSION_KEY) == str(person.pk)]
    Session.objects.filter(pk__in=keys).update(person=person)
