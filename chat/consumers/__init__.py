"""The WebSocket consumer and plain text clients. Channels' dispatch would take three turns of the loop per frame."""
