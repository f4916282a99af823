"""Compiled queries: Django's own querysets, compiled to SQL once instead of at each use.

Compiling takes longer than the database takes to answer. Only the queries that run for every message or every
connection are compiled once. All others use Django as usual.
"""

import json
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import DateTimeField, Field, Model, QuerySet, UUIDField
from django.db.models.expressions import Expression

from chat.adapters.django import ModelState, Statement, is_plain, with_question_marks

Row = TypeVar("Row")
Values = Sequence[Any]
Convert = Callable[[Any], Any]

# Fields whose values have another form in the database driver than in a model.
ADAPTED = (DateTimeField, UUIDField)


class Param(Expression):
    """A parameter in a query. Its value is given at each use."""

    def __init__(self, name: str, field: "Field[Any, Any]"):
        super().__init__(output_field=field)
        self.name, self.of = name, field

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def adapted(self, value: Any, database: Any) -> Any:
        """Return the value in the form that the database driver takes."""
        return self.of.get_db_prep_value(value, database) if isinstance(self.of, ADAPTED) else value


class ParamList(Param):
    """A parameter for a list of values, after `__in`. The SQL is the same for any number of values."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "(SELECT value FROM json_each(%s))", [self]

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        return f"(SELECT unnest(%s::{self.of.rel_db_type(connection)}[]))", [self]

    def adapted(self, value: Iterable[Any], database: Any) -> Any:
        is_adapted = isinstance(self.of, ADAPTED)
        found = [super(ParamList, self).adapted(it, database) for it in value] if is_adapted else list(value)
        return found if database.vendor == "postgresql" else json.dumps(found)


def _fetch(database: Any, sql: str, parameters: Values) -> list[tuple[Any, ...]]:
    """Execute a statement and return its rows."""
    if is_plain(database):
        with database.wrap_database_errors:
            rows: list[tuple[Any, ...]] = database.connection.execute(with_question_marks(sql), parameters).fetchall()
            return rows
    with database.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


class CompiledQuery(Generic[Row]):
    """A queryset made by `build`, compiled once. Its `Param` and `ParamList` get their values by name in `rows`.

    A row is a model instance, with its `select_related` and `annotate` values, or a tuple for `values_list`.
    """

    def __init__(self, build: Callable[[], "QuerySet[Any, Row]"]):
        self._build = build
        self._threads = threading.local()

    def rows(self, **values: Any) -> list[Row]:
        """Execute the query and return its rows. Raises the errors of `django.db`."""
        plan, raw = self._execute(values)
        return plan.read(raw)

    def raw(self, **values: Any) -> list[tuple[Any, ...]]:
        """Execute the query and return the driver's tuples. Equal tuples make equal rows."""
        return self._execute(values)[1]

    def read(self, raw: Sequence[tuple[Any, ...]]) -> list[Row]:
        """Return the rows for tuples from `raw`."""
        return self._plan(connections[DEFAULT_DB_ALIAS]).read(raw)

    def _execute(self, values: Mapping[str, Any]) -> tuple["_Plan", list[tuple[Any, ...]]]:
        database = connections[DEFAULT_DB_ALIAS]  # looked up once: that takes as long as a small statement
        plan = self._plan(database)
        parameters = [it.adapted(values[it.name], database) if isinstance(it, Param) else it for it in plan.parameters]
        return plan, _fetch(database, plan.sql, parameters)

    def _plan(self, database: Any) -> "_Plan":
        """Return the plan for this thread's connection."""
        plan: _Plan | None = getattr(self._threads, "plan", None)
        if plan is None or plan.connection is not database:
            plan = self._threads.plan = _Plan(self._build())
        return plan


class _Plan:
    """The compiled statement of a queryset, and the reader of its rows."""

    def __init__(self, queryset: "QuerySet[Any, Any]"):
        self.connection = connections[DEFAULT_DB_ALIAS]
        self._statement = statement = Statement(queryset, DEFAULT_DB_ALIAS)
        self.sql, self.parameters = statement.sql, statement.parameters
        self._reader: _Reader | None = None
        if statement.makes_instances:
            converts = {column: self._convert(*of) for column, of in statement.converters.items()}
            self._reader = _Reader(statement.class_info, statement.select, converts, statement.annotations)

    def read(self, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        if self._reader is not None:
            return self._reader.instances(rows)
        return self._statement.converted(rows)

    def _convert(self, converters: Sequence[Callable[..., Any]], expression: Any) -> Convert:
        """Return the function that converts a column from the database's form to the model's."""

        def convert(value: Any) -> Any:
            for each in converters:
                value = each(value, expression, self.connection)
            return value

        return convert


class _Reader:
    """Makes model instances of rows, as Django's `ModelIterable` and `RelatedPopulator` do, but for less.

    It sends no signals for new instances. All rows that refer to the same related row share one instance, as most
    messages of a page do with a few authors. Null values are not converted.
    """

    def __init__(
        self,
        info: dict[str, Any],
        select: Sequence[Any],
        converts: Mapping[int, Convert],
        annotations: Mapping[str, int] | None = None,
    ):
        indexes = info["select_fields"]
        targets = [select[index][0].target for index in indexes]
        columns = [(target.attname, index) for target, index in zip(targets, indexes, strict=True)]
        columns += (annotations or {}).items()
        self._model: type[Model] = info["model"]
        self._columns = columns
        self._converted = [(name, index, converts[index]) for name, index in columns if index in converts]
        self._key = next(index for target, index in zip(targets, indexes, strict=True) if target.primary_key)
        self._related = [
            (_Reader(it, select, converts), it["local_setter"], it["remote_setter"])
            for it in info.get("related_klass_infos", ())
        ]

    def instances(self, rows: Iterable[tuple[Any, ...]]) -> list[Any]:
        made: dict[Any, Any] = {}
        return [self._instance(row, made) for row in rows]

    def _instance(self, row: tuple[Any, ...], made: dict[Any, Any]) -> Model | None:
        """Return the instance of a row, or None for a relation that is null."""
        if row[self._key] is None:
            return None
        instance = self._model.__new__(self._model)
        instance._state = ModelState()
        instance._state.db, instance._state.adding = DEFAULT_DB_ALIAS, False
        values = instance.__dict__
        values.update([(name, row[index]) for name, index in self._columns])
        for name, index, convert in self._converted:
            if row[index] is not None:
                values[name] = convert(row[index])
        for reader, refer_to, refer_back in self._related:
            known = (reader, row[reader._key])
            if known not in made:
                made[known] = reader._instance(row, made)
            refer_to(instance, made[known])
            if made[known] is not None:
                refer_back(made[known], instance)
        return instance


class Insert:
    """Inserts rows of a model in one statement and sets their keys on the instances, as `bulk_create` does.

    Columns of the fields `without` get their defaults. It does not call the fields' `pre_save`. In a large transaction
    that would cost as much as everything else.
    """

    def __init__(self, model: type[Model], *, without: Collection[str] = ()):
        fields = [it for it in model._meta.concrete_fields if not it.primary_key and it.name not in without]
        columns = ", ".join(f'"{field.column}"' for field in fields)
        self._width = len(fields)
        self._row = f"({', '.join(['%s'] * self._width)})"
        self._head = f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES '  # noqa: S608
        self._key = model._meta.pk.column
        self._values = attrgetter(*(field.attname for field in fields))
        self._adapted = [(index, field) for index, field in enumerate(fields) if isinstance(field, ADAPTED)]

    def __call__(self, instances: Sequence[Model]) -> None:
        """Insert the instances. Raises the errors of `django.db`."""
        database = connections[DEFAULT_DB_ALIAS]
        most = (database.features.max_query_params or len(instances) * self._width) // self._width
        for start in range(0, len(instances), most):
            self._insert(database, instances[start : start + most])

    def _insert(self, database: Any, instances: Sequence[Model]) -> None:
        sql = f"{self._head}{', '.join([self._row] * len(instances))} RETURNING {self._key}"
        values = list(chain.from_iterable(self._parameters(database, it) for it in instances))
        for instance, (key,) in zip(instances, _fetch(database, sql, values), strict=True):
            instance.pk, instance._state.adding, instance._state.db = key, False, DEFAULT_DB_ALIAS

    def _parameters(self, database: Any, instance: Model) -> Values:
        values = list(self._values(instance))
        for index, field in self._adapted:
            values[index] = field.get_db_prep_value(values[index], database)
        return values


class BulkUpdate:
    """Updates many rows, each with its own values.

    `one` is SQLite's statement for one row. `many` is PostgreSQL's for all rows, with an array for each value.
    """

    def __init__(self, one: str, many: str):
        self._one, self._many = one, many

    def __call__(self, rows: Sequence[Values]) -> None:
        """Update the rows. Raises the errors of `django.db`."""
        database = connections[DEFAULT_DB_ALIAS]
        if is_plain(database):
            with database.wrap_database_errors:
                database.connection.executemany(with_question_marks(self._one), rows)
            return
        with database.cursor() as cursor:
            if database.vendor == "postgresql":
                cursor.execute(self._many, [list(column) for column in zip(*rows, strict=True)])
            else:
                cursor.executemany(self._one, rows)
