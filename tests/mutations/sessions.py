"""The rules of credentials: session keys, passwords, access tokens, and the limits on guessing."""

from tests.mutations.mutation import Mutation

GUESSING = "tests/accounts/test_login_throttle.py"
KEYS = "tests/profile/test_session_keys.py"
LIMITS = "tests/test_limits.py"
MEANWHILE = "tests/accounts/test_concurrent_changes.py"

SESSIONS = [
    Mutation(
        "The previous release knows the authentication backend of a session",
        "chat/models/sessions.py",
        "_with_backend(session_dict, BACKEND, STORED_BACKEND)",
        "session_dict",
        ("tests/profile/test_sessions.py",),
    ),
    Mutation(
        "The table of sessions holds no key",
        "chat/models/session_keys.py",
        "    return key if SessionKeyTransition.is_running() else digest_of(key)\n",
        "    return key\n",
        (KEYS,),
    ),
    Mutation(
        "A stored digest is not taken for a key",
        "chat/models/session_keys.py",
        "    if not key or not is_key(key):\n",
        "    if not key:\n",
        (KEYS,),
    ),
    Mutation(
        "A plain session key is invalid after the transition",
        "chat/models/session_keys.py",
        "    return (digest_of(key),) if SessionKeyTransition.has_ended else (digest_of(key), key)\n",
        "    return (digest_of(key), key)\n",
        (KEYS,),
    ),
    Mutation(
        "The previous release knows the sessions of new workers",
        "chat/models/session_keys.py",
        "        return row is not None and row.until > timezone.now()\n",
        "        return False\n",
        (KEYS,),
    ),
    Mutation(
        "Session keys are not replaced during the transition",
        "chat/actions/session_keys.py",
        "    if row is None or row.until > now:\n",
        "    if row is None:\n",
        (KEYS,),
    ),
    Mutation(
        "A session key that was being written at the end of the transition is replaced",
        "chat/actions/session_keys.py",
        "    if row.until + GRACE < now:\n",
        "    if row.until < now:\n",
        (KEYS,),
    ),
    Mutation(
        "A socket stays open when the key of its session is replaced",
        "chat/models/session_keys.py",
        "    return (session_id,) if session_id.startswith(MARK) else (digest_of(session_id), session_id)\n",
        "    return (session_id,)\n",
        (KEYS,),
    ),
    Mutation(
        "Limits with keys of several parts are exchanged between workers",
        "chat/rate_limits/limits.py",
        "    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()\n",
        "    return parts\n",
        (LIMITS,),
    ),
    Mutation(
        "An unreadable entry does not discard the others",
        "chat/rate_limits/limits.py",
        "            if (taken := _read(entry)) is not None:\n",
        "            if taken := entry:\n",
        (LIMITS,),
    ),
    Mutation(
        "Tokens spent by the previous release count",
        "chat/rate_limits/limits.py",
        "            return joined(*parts), tokens  # from the release before, which has keys of several parts\n",
        "            return None\n",
        (LIMITS,),
    ),
    Mutation(
        "The known browsers of a person share their attempts",
        "chat/auth/login_throttle.py",
        "limits.joined(person_id, device)), (limits.failures_by_person, person_id)]\n",
        "limits.joined(person_id, device))]\n",
        (GUESSING,),
    ),
    Mutation(
        "A browser is known for a person, not for a name",
        "chat/auth/login_throttle.py",
        "    return (person_id, nonce) if person_id is not None and _mark(person_id) in marks else None\n",
        "    return (person_id, nonce) if person_id is not None and marks else None\n",
        (GUESSING,),
    ),
    Mutation(
        "A password check is invalid after a change of the password",
        "chat/actions/credentials.py",
        "    is_same = now is not None and now.is_active and _mark(now) == _mark(person)\n",
        "    is_same = now is not None and now.is_active\n",
        (MEANWHILE,),
    ),
    Mutation(
        "A session that ended during the request creates no token",
        "chat/actions/credentials.py",
        "    if now is None or not is_same or not _is_alive(session_key):\n",
        "    if now is None or not is_same:\n",
        (MEANWHILE,),
    ),
    Mutation(
        "A token is issued under the lock of its person",
        "chat/actions/accounts.py",
        "        credentials.confirm_unchanged(person, session_key)\n",
        "",
        (MEANWHILE,),
    ),
    Mutation(
        "The email address changes only if the checked password is current",
        "chat/actions/profiles.py",
        "        credentials.confirm_unchanged(person)\n",
        "",
        (MEANWHILE,),
    ),
    Mutation(
        "An account is deleted only if the checked password is current",
        "chat/actions/account_deletion.py",
        "        gone = credentials.confirm_unchanged(person)\n",
        "        gone = Person.objects.get(pk=person.pk)\n",
        (MEANWHILE,),
    ),
    Mutation(
        "A guest's tokens and other sessions end with the first password",
        "chat/actions/accounts.py",
        "        credentials.end_all(person, keep)\n",
        "",
        (MEANWHILE,),
    ),
    Mutation(
        "A person has a limited number of tokens",
        "chat/actions/accounts.py",
        "        if person.tokens.filter(revoked_at=None).count() >= MAX_TOKENS:\n",
        "        if not person:\n",
        (MEANWHILE,),
    ),
]
