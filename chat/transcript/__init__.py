"""A transcript of a room: frames of the protocol become events, and events become plain text."""
