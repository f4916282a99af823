"""The views of everything but the API: pages, forms, the web app manifest, CSP reports, health checks and metrics.

Each reads the request, calls one action or query, and returns a response.
"""
