"""The HTML views. Each reads the request, calls one action or query, and returns a response."""
