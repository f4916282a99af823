"""A pytest plugin that stops a property at its first failure instead of searching for the shortest example."""

from hypothesis import Phase, settings

settings.register_profile("mutations", phases=[Phase.explicit, Phase.generate], database=None)
settings.load_profile("mutations")
