"""The result of one experiment."""

from dataclasses import asdict, dataclass, field


@dataclass
class Result:
    """A line of the table. Recovery times are seconds from the end of the fault until each client has everything.
    Memory is that of all workers together, in MiB."""

    fault: str
    row: int
    subject: str
    cell: str
    seed: int
    tried: int
    acked: int
    stored: int
    lost: int
    vanished: int
    doubled: int
    misordered: int
    altered: int
    reloads: int
    reloads_allowed: int
    heal_p50: float
    heal_max: float
    memory_before: float
    memory_peak: float
    seconds: float
    figures: dict = field(default_factory=dict)
    differences: list = field(default_factory=list)

    @property
    def held(self):
        wrong = self.lost + self.vanished + self.doubled + self.misordered + self.altered
        return not wrong and self.reloads == self.reloads_allowed and not self.differences

    def as_dict(self):
        return {**asdict(self), "held": self.held}
