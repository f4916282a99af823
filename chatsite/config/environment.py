"""The environment variables of the process, including those of the file `.env`."""

import os
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# The variables without those of `.env`. `manage.py serve` passes these on, so that later workers read `.env` anew.
AT_START = dict(os.environ)

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")
