"""The session store of the previous release: the key itself is the primary key of the row."""

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends import db

from chat.models import Session


class SessionStore(db.SessionStore):
    """Django's store, over the same table. The class name is part of the signature of a session."""

    @classmethod
    def get_model_class(cls):
        return Session


def person_of(key):
    """Return the person signed in by this cookie, or None where the release before would delete it."""
    pk = SessionStore(key).get(SESSION_KEY)
    return pk and get_user_model().objects.get(pk=pk)


def sign_in(person):
    """Return the key of a new session."""
    store = SessionStore()
    store[SESSION_KEY] = str(person.pk)
    store[HASH_SESSION_KEY] = person.get_session_auth_hash()
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store.save()
    return store.session_key
