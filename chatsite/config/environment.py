"""The environment variables of the process, including those of the file `.env`."""

import os
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# The variables without those of `.env`. `manage.py serve` passes these to the server, so that a worker that starts
# later reads the current `.env`.
AT_START = dict(os.environ)

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")
