"""A mutation: a small change to one file that breaks a rule, and the tests. One of them must then fail."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mutation:
    rule: str
    path: str
    before: str
    after: str
    tests: tuple[str, ...]

    def broken(self, root):
        """Return the file's text with the rule broken. Raises ValueError unless that is possible in exactly one way."""
        text = Path(root, self.path).read_text()
        found = text.count(self.before)
        if found != 1:
            raise ValueError(f"{self.path} has what is to be changed {found} times, not once: {self.before.strip()!r}")
        return text.replace(self.before, self.after)
