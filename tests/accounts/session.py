"""The person that a browser is signed in as."""

from django.test import Client


def who(client: Client) -> str:
    return str(client.get("/").context["user"])
