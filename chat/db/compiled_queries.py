"""Statements that are built once: Django builds a statement anew each time, which takes longer than the database takes.

What every message and every connection asks for is asked by these; all else as Django does.
"""

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
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

# Fields whose values a driver takes in another form than a model has them.
ADAPTED = (DateTimeField, UUIDField)


class Param(Expression):
    """A place in a query for a value that is given when it is asked."""

    def __init__(self, name: str, field: "Field[Any, Any]"):
        super().__init__(output_field=field)
        self.name, self.of = name, field

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def adapted(self, value: Any, database: Any) -> Any:
        """As the database driver takes it."""
        return self.of.get_db_prep_value(value, database) if isinstance(self.of, ADAPTED) else value


class ParamList(Param):
    """A place for any number of values, after `__in`. The statement is the same for each number."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "(SELECT value FROM json_each(%s))", [self]

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        return f"(SELECT unnest(%s::{self.of.rel_db_type(connection)}[]))", [self]

    def adapted(self, value: Iterable[Any], database: Any) -> Any:
        is_adapted = isinstance(self.of, ADAPTED)
        found = [super(ParamList, self).adapted(it, database) for it in value] if is_adapted else list(value)
        return found if database.vendor == "postgresql" else json.dumps(found)


def _asked(database: Any, sql: str, parameters: Values) -> list[tuple[Any, ...]]:
    """The rows that a statement gives."""
    if is_plain(database):
        with database.wrap_database_errors:
            rows: list[tuple[Any, ...]] = database.connection.execute(with_question_marks(sql), parameters).fetchall()
            return rows
    with database.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


class CompiledQuery(Generic[Row]):
    """The rows of the queryset that `build` makes, with `One` and `Many` in it for what `rows` is given by name.

    A row is a model instance with what `select_related` and `annotate` name, or for `values_list` a tuple.
    """

    def __init__(self, build: Callable[[], "QuerySet[Any, Row]"]):
        self._build = build
        self._threads = threading.local()

    def rows(self, **values: Any) -> list[Row]:
        """Raises what `django.db` does."""
        plan, raw = self._ask(values)
        return plan.read(raw)

    def raw(self, **values: Any) -> list[tuple[Any, ...]]:
        """The same as the database's driver has them: equal where the rows are."""
        return self._ask(values)[1]

    def read(self, raw: Sequence[tuple[Any, ...]]) -> list[Row]:
        """The rows of what is `raw`."""
        return self._plan(connections[DEFAULT_DB_ALIAS]).read(raw)

    def _ask(self, values: Mapping[str, Any]) -> tuple["_Plan", list[tuple[Any, ...]]]:
        database = connections[DEFAULT_DB_ALIAS]  # looked up once: that takes as long as a small statement
        plan = self._plan(database)
        parameters = [it.adapted(values[it.name], database) if isinstance(it, Param) else it for it in plan.parameters]
        return plan, _asked(database, plan.sql, parameters)

    def _plan(self, database: Any) -> "_Plan":
        """One for each connection, which each thread has of its own."""
        plan: _Plan | None = getattr(self._threads, "plan", None)
        if plan is None or plan.connection is not database:
            plan = self._threads.plan = _Plan(self._build())
        return plan


class _Plan:
    """A queryset's statement, and a reader of its rows."""

    def __init__(self, queryset: "QuerySet[Any, Any]"):
        self.connection = connections[DEFAULT_DB_ALIAS]
        self._statement = statement = Statement(queryset, DEFAULT_DB_ALIAS)
        self.sql, self.parameters = statement.sql, statement.parameters
        self._reader: _Reader | None = None
        if statement.makes_instances:
            converts = {place: self._convert(*of) for place, of in statement.converters.items()}
            self._reader = _Reader(statement.class_info, statement.select, converts, statement.annotations)

    def read(self, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        if self._reader is not None:
            return self._reader.instances(rows)
        return self._statement.converted(rows)

    def _convert(self, converters: Sequence[Callable[..., Any]], expression: Any) -> Convert:
        """What makes the database's value one of the model's. None is None in both."""

        def convert(value: Any) -> Any:
            for each in converters:
                value = each(value, expression, self.connection)
            return value

        return convert


class _Reader:
    """Makes model instances of rows, as Django does (`ModelIterable`, `RelatedPopulator`), but without the signals of a
    new instance, and one for all rows that refer to the same, as most messages of a page do to a few authors: their
    values are converted once, and those that are null not at all."""

    def __init__(
        self,
        info: dict[str, Any],
        select: Sequence[Any],
        converts: Mapping[int, Convert],
        annotations: Mapping[str, int] | None = None,
    ):
        places = info["select_fields"]
        targets = [select[place][0].target for place in places]
        columns = [(target.attname, place) for target, place in zip(targets, places, strict=True)]
        columns += (annotations or {}).items()
        self._model: type[Model] = info["model"]
        self._columns = columns
        self._converted = [(name, place, converts[place]) for name, place in columns if place in converts]
        self._key = next(place for target, place in zip(targets, places, strict=True) if target.primary_key)
        self._related = [
            (_Reader(it, select, converts), it["local_setter"], it["remote_setter"])
            for it in info.get("related_klass_infos", ())
        ]

    def instances(self, rows: Iterable[tuple[Any, ...]]) -> list[Any]:
        made: dict[Any, Any] = {}
        return [self._instance(row, made) for row in rows]

    def _instance(self, row: tuple[Any, ...], made: dict[Any, Any]) -> Model | None:
        """None where a relation leads nowhere."""
        if row[self._key] is None:
            return None
        instance = self._model.__new__(self._model)
        instance._state = ModelState()
        instance._state.db, instance._state.adding = DEFAULT_DB_ALIAS, False
        values = instance.__dict__
        values.update([(name, row[place]) for name, place in self._columns])
        for name, place, convert in self._converted:
            if row[place] is not None:
                values[name] = convert(row[place])
        for reader, refer_to, refer_back in self._related:
            known = (reader, row[reader._key])
            if known not in made:
                made[known] = reader._instance(row, made)
            refer_to(instance, made[known])
            if made[known] is not None:
                refer_back(made[known], instance)
        return instance


class Insert:
    """New rows of a model in one statement, whose keys the instances are given, as by `bulk_create`; without what
    fields may do before they are saved, which costs as much as all else in a large transaction."""

    def __init__(self, model: type[Model]):
        fields = [field for field in model._meta.concrete_fields if not field.primary_key]
        columns = ", ".join(f'"{field.column}"' for field in fields)
        self._width = len(fields)
        self._row = f"({', '.join(['%s'] * self._width)})"
        self._head = f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES '  # noqa: S608
        self._key = model._meta.pk.column
        self._values = attrgetter(*(field.attname for field in fields))
        self._adapted = [(place, field) for place, field in enumerate(fields) if isinstance(field, ADAPTED)]

    def __call__(self, instances: Sequence[Model]) -> None:
        """Raises what `django.db` does."""
        database = connections[DEFAULT_DB_ALIAS]
        most = (database.features.max_query_params or len(instances) * self._width) // self._width
        for start in range(0, len(instances), most):
            self._insert(database, instances[start : start + most])

    def _insert(self, database: Any, instances: Sequence[Model]) -> None:
        sql = f"{self._head}{', '.join([self._row] * len(instances))} RETURNING {self._key}"
        values = list(chain.from_iterable(self._parameters(database, it) for it in instances))
        for instance, (key,) in zip(instances, _asked(database, sql, values), strict=True):
            instance.pk, instance._state.adding, instance._state.db = key, False, DEFAULT_DB_ALIAS

    def _parameters(self, database: Any, instance: Model) -> Values:
        values = list(self._values(instance))
        for place, field in self._adapted:
            values[place] = field.get_db_prep_value(values[place], database)
        return values


class BulkUpdate:
    """A change to many rows, to each with values of its own: `one` is SQLite's statement for a row, `many` is
    PostgreSQL's for all of them, with an array in the place of each value."""

    def __init__(self, one: str, many: str):
        self._one, self._many = one, many

    def __call__(self, rows: Sequence[Values]) -> None:
        """Raises what `django.db` does."""
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
