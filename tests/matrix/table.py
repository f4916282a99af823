"""Tables of expected answers: a line for each request or frame, a column for each role."""

from pathlib import Path

from tests.matrix.cast import ROLES

WIDTH = 13


def read(name, roles=ROLES):
    """Return the answers by request and role. A `#` begins a comment."""
    rows = {}
    for line in (Path(__file__).parent / name).read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            asked, _, answers = line.partition(" | ")
            assert asked.strip() not in rows, f"{asked.strip()} stands there twice"
            rows[asked.strip()] = dict(zip(roles, answers.split(), strict=True))
    return rows


def line(asked, answers):
    return f"{asked:<62} | " + " ".join(f"{answer:<{WIDTH}}" for answer in answers.values()).rstrip()


def compare(expected, found):
    """Compare the answers with the table. A failure shows the lines that the table would need."""
    wrong = [line(asked, answers) for asked, answers in found.items() if expected.get(asked) != answers]
    gone = [f"- {asked}" for asked in expected if asked not in found]
    cases = sum(map(len, found.values()))
    print(f"\n{cases} cases")
    assert not wrong + gone, "\n".join([f"{len(wrong) + len(gone)} lines differ:", *wrong, *gone])
    return cases
