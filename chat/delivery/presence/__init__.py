"""The state of people over all processes: who is in each room, who is typing, and unread counts."""
