"""Whether signing out, everywhere and at once, means what it says."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import cached_db, db
from django.core.checks import CheckMessage, Error, Tags, Warning, register

JSON = "django.contrib.sessions.serializers.JSONSerializer"
LOCAL_CACHE = "django.core.cache.backends.locmem.LocMemCache"


@register(Tags.security)
def check_sessions(**kwargs: Any) -> list[CheckMessage]:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    found: list[CheckMessage] = []
    if not issubclass(store, db.SessionStore):
        message = f"{settings.SESSION_ENGINE} keeps no sessions in the database, where connections look for theirs."
        hint = "Use django.contrib.sessions.backends.db or cached_db: a session in a cookie cannot be ended."
        found.append(Error(message, hint=hint, id="chat.E006"))
    if issubclass(store, cached_db.SessionStore) and _is_local_cache(settings.SESSION_CACHE_ALIAS):
        message = "Each process has a cache of sessions of its own: who signs out at one stays signed in at the others."
        found.append(Error(message, hint="Use sessions.backends.db, or a cache they share.", id="chat.E007"))
    if settings.SESSION_SERIALIZER != JSON:
        message = f"Sessions are read by {settings.SESSION_SERIALIZER}: one that makes objects runs what is stored."
        found.append(Warning(message, hint=f"Use {JSON}.", id="chat.W012"))
    return found


def _is_local_cache(alias: str) -> bool:
    return settings.CACHES.get(alias, {}).get("BACKEND") == LOCAL_CACHE
