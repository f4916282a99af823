"""Modules and packages import each other in one direction, and a public type name has one meaning."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
# The modules that Django finds by name.
GIVEN_BY_DJANGO = {"Meta", "Command", "Migration"}


def modules(*folders):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
                yield name, ast.parse(path.read_text())


def imports_of(tree, known):
    """Return the modules of `known` that a module imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def circles(graph):
    """Return the sets of more than one node that reach each other (Tarjan's strongly connected components)."""
    index, lowest, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = lowest[node] = len(index)
        stack.append(node)
        for other in graph.get(node, ()):
            if other not in index:
                visit(other)
            if other in stack:
                lowest[node] = min(lowest[node], lowest[other])
        if lowest[node] == index[node]:
            component = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(component) > 1:
                found.append(sorted(component))

    for node in list(graph):
        if node not in index:
            visit(node)
    return found


def graph_of(tree_by_module, node_of):
    graph = defaultdict(set)
    for name, tree in tree_by_module.items():
        for imported in imports_of(tree, tree_by_module):
            if imported in tree_by_module and node_of(imported) != node_of(name):
                graph[node_of(name)].add(node_of(imported))
    return graph


def test_no_modules_import_each_other():
    trees = dict(modules("chat", "chatsite"))
    assert circles(graph_of(trees, lambda name: name)) == []


def test_no_packages_import_each_other():
    trees = dict(modules("chat"))
    assert circles(graph_of(trees, lambda name: ".".join(name.split(".")[:2]))) == []


def test_circles_are_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]


def public_types(tree):
    """Yield the names of public classes and type aliases, except aliases that only shorten another type's path."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, node.value
            is_shortened = isinstance(value, ast.Attribute) and value.attr == name
            is_variable = isinstance(value, ast.Call) and ast.unparse(value.func) in ("TypeVar", "ParamSpec")
            if name[0].isupper() and not name.isupper() and not is_shortened and not is_variable:
                yield name


def test_a_public_type_name_has_one_meaning():
    homes = defaultdict(list)
    for module, tree in modules("chat", "chatsite"):
        for name in public_types(tree):
            homes[name].append(module)
    twice = {name: where for name, where in homes.items() if len(where) > 1 and name not in GIVEN_BY_DJANGO}
    assert twice == {}
