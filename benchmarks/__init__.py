"""The site under load: one command starts a server, fills a room, and checks every message afterwards."""
