"""The server side of HTTP and WebSockets: protocol classes for uvicorn, patches for Daphne, and the ASGI handler.

They replace the libraries' own, which set no limit on headers (a megabyte of empty ones takes 35 MiB), on queued
requests or on the time of a request, and take ten times as long to read a common WebSocket frame.
"""
