"""The cells of the matrix: the database, the channel layer and the server."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    database: str
    server: str

    @property
    def name(self):
        return f"{self.database}-{self.server}"

    @property
    def has_layer(self):
        """Return whether the cell has Valkey. PostgreSQL has it; SQLite has one process and the in-memory layer."""
        return self.database == "postgresql"


CELLS = {
    cell.name: cell
    for cell in (Cell(database, server) for database in ("sqlite", "postgresql") for server in ("uvicorn", "daphne"))
}
