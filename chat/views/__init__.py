"""The pages: each reads the request, calls one thing and answers."""
