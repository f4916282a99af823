"""The environment variables of the process, together with those of the file `.env`."""

import os
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

# The variables without those of `.env`. `manage.py serve` starts the server with these, so that a worker that starts
# later reads `.env` as it is then.
AT_START = dict(os.environ)

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")
