"""A plugin for pytest: a property that fails is enough to know, whatever its shortest example would be."""

from hypothesis import Phase, settings

settings.register_profile("mutations", phases=[Phase.explicit, Phase.generate], database=None)
settings.load_profile("mutations")
