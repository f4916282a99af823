"""A chat after the idea of the Channels tutorial: a room of the name in the address, a text area, nothing kept."""
