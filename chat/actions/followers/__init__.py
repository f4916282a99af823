"""Followers: what follows from messages, read from the logs of rooms by a cursor in each."""
