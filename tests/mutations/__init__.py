"""Mutations: each rule that protects messages or access is broken on purpose, and a test must notice.

`make mutations` runs them all.
"""
