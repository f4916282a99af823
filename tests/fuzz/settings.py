"""The site's own settings, but that signing in takes no time: a fuzzer does it by the hundred."""

from chatsite.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
