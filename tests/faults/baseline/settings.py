"""The settings of the tutorial, for SQLite and the in-memory layer or PostgreSQL and Redis."""

import environ

env = environ.Env()
SECRET_KEY = env.str("SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["daphne", "tests.faults.baseline"]
ROOT_URLCONF = "tests.faults.baseline.urls"
ASGI_APPLICATION = "tests.faults.baseline.asgi.application"
DATABASES = {"default": env.db_url("DATABASE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

if redis_url := env.str("REDIS_URL", default=""):
    layer = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [redis_url]}}
else:
    layer = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
if "FAULT_SEED" in env.ENVIRON:
    chances = {name: env.float(f"FAULT_{name.upper()}", default=0.0) for name in ("drop", "double", "delay")}
    config = {"inner": layer, "seed": env.str("FAULT_SEED"), **chances}
    layer = {"BACKEND": "tests.faults.hooks.layer.UnreliableLayer", "CONFIG": config}
if queries := env.str("FAULT_COUNT", default=""):
    from tests.faults.hooks import counting

    counting.count_into(queries)
CHANNEL_LAYERS = {"default": layer}
