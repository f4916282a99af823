"""The WebSocket consumer, and plain-text clients. The consumer bypasses Channels' dispatch, which takes three turns of
the event loop per frame."""
