"""The entries of `make mutations` match the code: each change applies, and each test exists."""

import threading

import pytest

from tests.mutations import __main__ as mutations
from tests.mutations.rules import RULES
from tests.site import ROOT


def why_not_broken(mutation):
    """Return the reason why a rule cannot be broken as its entry says, or None."""
    try:
        broken = mutation.broken(ROOT)
        if mutation.path.endswith(".py"):
            compile(broken, mutation.path, "exec")
    except (OSError, ValueError, SyntaxError) as error:
        return f"{mutation.rule}: {error}"
    return None


def test_each_rule_can_be_broken_in_exactly_one_place():
    assert [reason for it in RULES if (reason := why_not_broken(it))] == []


def test_each_rule_names_files_of_tests():
    assert [it.rule for it in RULES if not it.tests or not all((ROOT / test).is_file() for test in it.tests)] == []


def test_a_mutation_that_no_test_notices_fails_the_check(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["mutations", "--jobs", "1", "--only", "head is read"])
    monkeypatch.setattr(mutations, "run", lambda *tests, **options: ([], ""))
    with pytest.raises(SystemExit, match="1 broken rules were noticed by no test"):
        mutations.main()
    assert "**no test**" in capsys.readouterr().out


def test_a_test_that_fails_without_any_change_proves_nothing(monkeypatch):
    monkeypatch.setattr("sys.argv", ["mutations", "--jobs", "1", "--only", "head is read"])
    monkeypatch.setattr(mutations, "run", lambda *tests, **options: (["tests/test_history.py::test_x"], "why"))
    with pytest.raises(SystemExit, match="why\nWith nothing broken, this fails already: tests/test_history"):
        mutations.main()


def test_each_job_breaks_rules_in_its_own_copy(monkeypatch):
    in_use, both = set(), threading.Barrier(2, timeout=10)

    def caught_by(mutation, copy, seed):
        assert copy not in in_use
        in_use.add(copy)
        both.wait()  # the other job has its copy, too
        in_use.remove(copy)
        both.wait()
        return mutation

    monkeypatch.setattr(mutations, "caught_by", caught_by)
    assert list(mutations.all_caught_by(range(6), ["one", "two"], "1")) == list(range(6))


def test_the_copy_is_whole_again_after_each_rule(monkeypatch, tmp_path):
    mutation = RULES[0]
    seen = []

    def run(tests, copy, seed):
        seen.append((copy / mutation.path).read_text())
        return [], ""

    monkeypatch.setattr(mutations, "run", run)
    (tmp_path / mutation.path).parent.mkdir()
    whole = (ROOT / mutation.path).read_text()
    (tmp_path / mutation.path).write_text(whole)
    assert mutations.caught_by(mutation, tmp_path, "1") is None
    assert (seen, (tmp_path / mutation.path).read_text()) == ([mutation.broken(ROOT)], whole)
