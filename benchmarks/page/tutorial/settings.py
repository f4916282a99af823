"""The settings at the end of the tutorial, without DEBUG."""

SECRET_KEY = "nothing here is secret"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["channels"]
ROOT_URLCONF = "benchmarks.page.tutorial.asgi"
ASGI_APPLICATION = "benchmarks.page.tutorial.asgi.application"
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
