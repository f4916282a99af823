"""Searching in a long history: how long it takes, and what keeping the index costs those who write."""
