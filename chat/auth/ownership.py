"""The first owner: whether there is one yet, and the set-up code with which the site's operator makes it."""

import base64
import logging
from dataclasses import dataclass

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from chat.models import Person

log = logging.getLogger(__name__)

_SALT = "chat.ownership"
# A base32 character has 5 bits, so the code has 100.
_CODE_CHARACTERS, _GROUP_CHARACTERS = 20, 5


@dataclass
class _Known:
    """Facts that this process has found true. They are not asked again: only a restart forgets them."""

    has_people: bool = False
    has_owner: bool = False


_known = _Known()


def has_people() -> bool:
    """Return whether there is an account. At most one query, and none once there was one."""
    _known.has_people = _known.has_people or Person.objects.exists()
    return _known.has_people


def has_owner() -> bool:
    """Return whether there is an active superuser. At most one query, and none once there was one."""
    if not _known.has_owner and Person.objects.active().filter(is_superuser=True).exists():
        _known.has_people = _known.has_owner = True
    return _known.has_owner


def forget() -> None:
    """Ask the database again. For tests."""
    _known.has_people = _known.has_owner = False


def setup_code() -> str:
    """Return the code, such as `abcde-fghij-klmno-pqrst`. It follows from the secret key, so all processes have it."""
    digest = salted_hmac(_SALT, "first owner", secret=settings.SECRET_KEY, algorithm="sha256").digest()
    code = base64.b32encode(digest).decode().lower()[:_CODE_CHARACTERS]
    return "-".join(code[start : start + _GROUP_CHARACTERS] for start in range(0, len(code), _GROUP_CHARACTERS))


def is_setup_code(typed: str) -> bool:
    """Return whether this is the code. Case, spaces and hyphens do not matter."""
    return constant_time_compare(_bare(typed), _bare(setup_code()))


def _bare(code: str) -> str:
    return code.replace("-", "").replace(" ", "").lower()


def log_setup_code() -> None:
    """Write the code to the log. Only people who can read the server's log know it then."""
    log.warning("This site has no owner yet. The set-up code for the page /setup/ is %s", setup_code())
