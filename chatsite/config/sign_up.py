"""The settings of who may create an account."""

from django.core.exceptions import ImproperlyConfigured

MODES = ("open", "invited", "domain", "approval", "closed")


def email_domains(values: list[str], mode: str) -> list[str]:
    """Return the domains in lower case. Raises ImproperlyConfigured for one that no address has, and without any if
    the mode needs one.
    """
    domains = [value.strip().lower() for value in values if value.strip()]
    for domain in domains:
        if "@" in domain or "." not in domain.strip(".") or domain != domain.strip(".") or not domain.isprintable():
            raise ImproperlyConfigured(f"CHAT_EMAIL_DOMAINS has {domain!r}. It must be a domain such as example.org.")
    if mode == "domain" and not domains:
        raise ImproperlyConfigured("CHAT_SIGN_UP is domain, so CHAT_EMAIL_DOMAINS is required, such as example.org.")
    return domains
