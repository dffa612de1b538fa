"""A property that is found once and kept."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 (it is written like a decorator)
    """functools' ``cached_property`` without its lock, which took longer than most answers (Python 3.11).

    Of two threads that ask at the same time both would look; here a story belongs to one.
    """

    def __init__(self, find: Callable[[Any], T]) -> None:
        self._find = find
        self.__doc__ = find.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, thing: Any, _owner: type) -> T:
        # What lies in the instance is found before this is asked again.
        found = thing.__dict__[self._name] = self._find(thing)
        return found
