"""The thread from an equation's number to the function that computes it."""

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

#: Equation number -> the function (or class) that is the equation. Filled on import.
INDEX: dict[int, Callable[..., Any]] = {}


def equation(number: int) -> Callable[[Function], Function]:
    r"""Register the decorated function as the paper's equation ``number``; it is not changed.

    A number can be claimed once; the tests check that 1 to 28 all are, that each has a
    ``\tag{number}`` in a notebook and a ``test_eqNN_...``, and that it runs on the default path.

    Examples
    --------
    >>> @equation(99)
    ... def double(x):
    ...     return 2 * x
    >>> double(4), INDEX.pop(99).__name__
    (8, 'double')
    """

    def register(function: Function) -> Function:
        taken = INDEX.get(number)
        if taken is not None and (taken.__module__, taken.__qualname__) != (
            function.__module__,
            function.__qualname__,
        ):
            raise ValueError(
                f"equation {number} is already {taken.__module__}.{taken.__qualname__}"
            )
        INDEX[number] = function
        return function

    return register
