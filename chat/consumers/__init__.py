"""The WebSocket consumer, without Channels' dispatch (three turns of the loop per frame), and plain-text clients."""
