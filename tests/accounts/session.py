"""The name of the person that a test client is signed in as."""

from django.test import Client


def signed_in_name(client: Client) -> str:
    return str(client.get("/").context["user"])
