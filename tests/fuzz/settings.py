"""The site's settings with a fast password hasher, because a fuzzer signs in hundreds of times."""

from chatsite.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
