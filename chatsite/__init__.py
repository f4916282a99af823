"""The Django project: settings, URLs, the ASGI application, and the server classes that the chat runs under."""
