"""What the models of the settings are in a process that is handed settings already checked.

pydantic is needed for the fraction of a second in which a file is read, and would cost the daemon a
quarter of its memory for years (8.7 MiB of 37 by the papers' measurement). So ``floodbell run``
lets a process of its own read the file (``edge.checked``), and its own models are these: they hold
what was found good there. Invariant: same names, defaults, questions and answers as with pydantic;
a test holds the two side by side. Leaves every check of a file to pydantic; only the range of a
number is looked at, for a calibration changes numbers while the bell is up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import get_annotations
from typing import Any, Final, Self

_ABSENT: Final = object()
_RANGE: Final = ("ge", "gt", "le", "lt")

_chosen: list[bool] = []


def choose() -> None:
    """Let this process declare plain models; to be said before the first of them is imported."""
    _chosen.append(True)


def chosen() -> bool:
    """Whether the models of this process are plain."""
    return bool(_chosen)


class Given:
    """A field: its default and the range of its number."""

    __slots__ = ("_default", "_factory", "_range")

    def __init__(
        self,
        default: Any = _ABSENT,  # noqa: ANN401 - as pydantic's
        *,
        default_factory: Callable[[], Any] | None = None,
        **more: Any,  # noqa: ANN401 - what only checks and manuals ask for
    ) -> None:
        self._default = default
        self._factory = default_factory
        self._range = {name: more[name] for name in _RANGE if name in more}

    def get_default(self, *, call_default_factory: bool = False) -> Any:  # noqa: ANN401
        """Return the default; of a field that is required, something that equals nothing."""
        if self._factory is not None and call_default_factory:
            return self._factory()
        return self._default

    def is_required(self) -> bool:
        """Whether there is no default."""
        return self._default is _ABSENT and self._factory is None

    def refuse(self, name: str, value: Any) -> None:  # noqa: ANN401
        """Look at the range of a number.

        Raises:
            ValueError: It is outside, or not finite.
        """
        if not self._range or isinstance(value, bool) or not isinstance(value, (int, float)):
            return
        least, above = self._range.get("ge"), self._range.get("gt")
        most, below = self._range.get("le"), self._range.get("lt")
        good = (
            (least is None or value >= least)
            and (above is None or value > above)
            and (most is None or value <= most)
            and (below is None or value < below)
            and value - value == 0  # neither infinite nor NaN
        )
        if not good:
            raise ValueError(f"{name}: {value!r} is not {self._range}")


class BaseModel:
    """Holds the values of one table of the settings; nothing can be changed in it."""

    __slots__ = ("__dict__", "model_fields_set")

    model_fields: dict[str, Given] = {}  # noqa: RUF012 - each class has its own, never changed
    model_fields_set: set[str]

    def __init_subclass__(cls) -> None:
        """Gather the fields; what is no field stays as it is declared."""
        super().__init_subclass__()
        fields: dict[str, Given] = {}
        for base in reversed(cls.__mro__[1:]):  # a probe on a converter is two things
            fields |= base.__dict__.get("model_fields", {})
        for name, kind in get_annotations(cls).items():
            if str(kind).startswith("ClassVar"):
                continue
            value = cls.__dict__.get(name, _ABSENT)
            field = value if isinstance(value, Given) else Given(value)
            if name.startswith("_"):
                setattr(cls, name, field.get_default(call_default_factory=True))
                continue
            fields[name] = field
            if value is not _ABSENT:
                delattr(cls, name)  # who has no value of it must not be taken to have one
        cls.model_fields = fields

    def __init__(self, **values: Any) -> None:  # noqa: ANN401
        """Take these values, and the defaults of the rest.

        Raises:
            ValueError: A number is out of its range.
            TypeError: A value is missing, or there is no such field.
        """
        fields = type(self).model_fields
        if strange := values.keys() - fields.keys():
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(strange))}")
        for name, value in values.items():
            fields[name].refuse(name, value)
        held = {}
        for name, field in fields.items():
            if name not in values and field.is_required():
                raise TypeError(f"{type(self).__name__} needs {name}")
            held[name] = (
                values[name] if name in values else field.get_default(call_default_factory=True)
            )
        self._take(held, set(values))

    def _take(self, held: Mapping[str, Any], given: set[str]) -> None:
        self.__dict__.update(held)
        object.__setattr__(self, "model_fields_set", given)

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Take what a model of pydantic was pickled to."""
        private = state.get("__pydantic_private__") or {}
        self._take({**state["__dict__"], **private}, set(state["__pydantic_fields_set__"]))

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse it.

        Raises:
            TypeError: Always.
        """
        raise TypeError(f"{type(self).__name__} is frozen: {name}")

    def __eq__(self, other: object) -> bool:
        """Whether kind and all values are the same, given or by default."""
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        """By the values."""
        return hash((type(self), tuple(self.__dict__.values())))

    def __repr__(self) -> str:
        """Name kind and values."""
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in type(self).model_fields)
        return f"{type(self).__name__}({values})"

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Self:
        """Return the same with some other values, which are not looked at."""
        update = update or {}
        copy = object.__new__(type(self))
        copy._take({**self.__dict__, **update}, self.model_fields_set | set(update))
        return copy


def Field(*default: Any, **more: Any) -> Any:  # noqa: ANN401, N802 - pydantic's word
    """Declare a field."""
    return Given(*default, **more)


def PrivateAttr(default: Any) -> Any:  # noqa: ANN401, N802 - pydantic's word
    """Declare an attribute that stands in no file."""
    return Given(default)


def ConfigDict(**more: Any) -> dict[str, Any]:  # noqa: ANN401, N802 - pydantic's word
    """Say how strictly a file is read; nobody reads one here."""
    return more


def StringConstraints(**more: Any) -> dict[str, Any]:  # noqa: ANN401, N802 - pydantic's word
    """Say what a text must look like; it was looked at."""
    return more


def field_validator(*names: str, **more: Any) -> Callable[[Any], Any]:  # noqa: ANN401
    """Declare a check; it was made."""
    del names, more
    return _as_it_is


def _as_it_is(check: Any) -> Any:  # noqa: ANN401
    return check


ValidationInfo = object
