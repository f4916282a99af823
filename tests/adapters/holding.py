"""Compare the names that an adapter uses with the installed release of its library."""

import inspect


def declared(adapter):
    """Return the attributes that a class of an adapter declares as the library's."""
    return [name for name, kind in adapter.__annotations__.items() if name not in vars(adapter)]


def changed_attributes(library, owner, names):
    """Return a sentence for each attribute that an object of the library no longer has."""
    kind = owner if isinstance(owner, type) else type(owner)
    module = f"chat/adapters/{library}.py"
    return [
        f"{library} changed {kind.__name__}.{name}: it is gone, and {module} uses it."
        for name in names
        if not hasattr(owner, name)
    ]


def changed_in_source(library, module, names):
    """Return a sentence for each attribute that no method of a module sets any more."""
    source = inspect.getsource(module)
    return [
        f"{library} changed {module.__name__}: nothing sets {name}, and chat/adapters/{library}.py uses it."
        for name in names
        if f"self.{name} =" not in source and f"self.{name}:" not in source
    ]


def changed_methods(library, owner, methods):
    """Return a sentence for each method that is missing or has other parameters."""
    sentences = changed_attributes(library, owner, methods)
    for name, parameters in methods.items():
        if hasattr(owner, name):
            now = tuple(inspect.signature(getattr(owner, name)).parameters)[1:]
            if now[: len(parameters)] != parameters:
                sentences.append(
                    f"{library} changed {owner.__name__}.{name}: it takes {now}, and chat/adapters/{library}.py "
                    f"overrides or calls it with {parameters}."
                )
    return sentences
