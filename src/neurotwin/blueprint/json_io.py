"""Blueprints as JSON text, strictly: what is missing, unknown or wrong is refused with its place."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from functools import lru_cache
from typing import Any

from neurotwin._base.errors import InputError
from neurotwin.blueprint.blueprint import Blueprint

FORMAT = "neurotwin.blueprint"
VERSION = 1


def to_json(blueprint: Blueprint) -> str:
    """JSON text of a blueprint, one record a line, so that two versions can be compared with ``diff``.

    Floats are written as Python's ``repr`` gives them, the shortest text that reads back as the same number.
    """
    lines = [f'"format": {json.dumps(FORMAT)}', f'"version": {VERSION}']
    for field in dataclasses.fields(blueprint):
        value = getattr(blueprint, field.name)
        if isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            records = ",\n  ".join(_dump(vars_of(record)) for record in value)
            lines.append(f'"{field.name}": [\n  {records}\n ]')
        else:
            lines.append(f'"{field.name}": {_dump(value)}')
    return "{\n " + ",\n ".join(lines) + "\n}\n"


def vars_of(record: Any) -> dict[str, Any]:
    """Fields of a record; not ``dataclasses.asdict``, which copies every number of a hundred thousand edges."""
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}


def from_json(text: str) -> Blueprint:
    """The blueprint that ``to_json`` wrote.

    Raises
    ------
    InputError
        If the text is not JSON, not a blueprint, of another version, or a field is missing, unknown, repeated
        or of the wrong type; and if the parts contradict each other (see :class:`Blueprint`).
    """
    try:
        data = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise InputError(
            "a blueprint is not valid JSON", got=str(error), fix="read the file that to_json wrote"
        ) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        got = repr(data.get("format")) if isinstance(data, dict) else f"a JSON {type(data).__name__}"
        raise InputError("this JSON is not a blueprint", got=got, expected=f'"format": "{FORMAT}"')
    if data.get("version") != VERSION or isinstance(data.get("version"), bool):
        raise InputError(
            "this blueprint is of a version that is not understood",
            got=repr(data.get("version")),
            expected=f'"version": {VERSION}',
            fix="read it with the neurotwin that wrote it, or design it anew",
        )
    return _record(
        {key: value for key, value in data.items() if key not in ("format", "version")}, Blueprint, ""
    )


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        keys = [key for key, _ in pairs]
        raise InputError(
            "a field occurs twice in a blueprint", got=next(k for k in keys if keys.count(k) > 1)
        )
    return record


def _refuse_constant(constant: str) -> None:
    raise InputError("a number in a blueprint is not finite", got=constant, expected="finite numbers")


def _record(data: Any, cls: type[Any], place: str) -> Any:
    """An instance of the dataclass ``cls`` from a JSON object, every field checked against its annotation."""
    if not isinstance(data, dict):
        raise _wrong(place, data, "an object")
    hints = _hints(cls)
    names = list(hints)
    for problem, fields in (
        ("misses a field", [name for name in names if name not in data]),
        ("has an unknown field", [name for name in data if name not in names]),
    ):
        if fields:
            where = f" at {place}" if place else ""
            raise InputError(
                f"a blueprint {problem}{where}", got=", ".join(fields), expected=", ".join(names)
            )
    return cls(**{name: _value(data[name], hints[name], f"{place}.{name}".lstrip(".")) for name in names})


@lru_cache
def _hints(cls: type[Any]) -> dict[str, Any]:
    """Types of a dataclass's fields, in their order; kept, since annotations are text that takes long to understand."""
    hints = typing.get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


def _value(data: Any, hint: Any, place: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return _record(data, typing.cast("type[Any]", hint), place)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        if not isinstance(data, list):
            raise _wrong(place, data, "a list")
        if arguments[0] in (int, float) and all(type(item) is arguments[0] for item in data):
            return tuple(data)  # long columns of edges: no call per number
        return tuple(_value(item, arguments[0], f"{place}[{i}]") for i, item in enumerate(data))
    if origin in (types.UnionType, typing.Union):
        return None if data is None else _value(data, arguments[0], place)
    if hint is float and type(data) in (int, float):
        try:
            return float(data)
        except OverflowError:
            raise _wrong(place, data, "a number within the range of double precision") from None
    if hint in (int, str) and type(data) is hint:
        return data
    raise _wrong(place, data, {float: "a number", int: "a whole number", str: "text"}[hint])


def _wrong(place: str, data: Any, expected: str) -> InputError:
    return InputError(
        f"a field of a blueprint has the wrong type: {place}", got=repr(data)[:80], expected=expected
    )
