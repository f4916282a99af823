"""Preparation of pages: grouping of messages, the theme, and the JavaScript modules to preload."""
