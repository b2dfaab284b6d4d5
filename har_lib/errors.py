"""One family of errors for everything a user can put right."""

import reprlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class InputError(ValueError):
    """Input that cannot be used: the message says what, where and what to do, in one line.

    The command line prints it as it is and exits with 2; anything else is a defect of the
    suite and keeps its traceback.

    Examples
    --------
    >>> raise InputError("harris_k = 0.2 is not allowed: it must lie in [0.0001, 1.0]")
    Traceback (most recent call last):
    har_lib.errors.InputError: harris_k = 0.2 is not allowed: it must lie in [0.0001, 1.0]
    """


#: What a reader meets in content that is not of the form it was written for.
MALFORMED = (
    ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError
)  # fmt: skip

_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother, _SHORT.maxlong = 2, 60, 60, 40


def in_short(value: object) -> str:
    """A value as Python writes it, on one line; of a long one, its beginning and end.

    Examples
    --------
    >>> in_short("no"), in_short(10**100)
    ("'no'", '100000000000000000...0000000000000000000')
    """
    try:
        # A list of lists is as long as all of them.
        return _cut(_SHORT.repr(value), 300)
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return "a number of thousands of digits"


def printable(text: object) -> str:
    r"""A name, or a line with names in it, whose control characters are written out.

    Examples
    --------
    >>> print(printable("new\nline.avi"))
    new\nline.avi
    """
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in str(text)
    )


def plain(text: object, most: int = 120) -> str:
    r"""Text on one line: its control characters written out, its middle left out if it is long.

    Examples
    --------
    >>> print(plain("new\nline.avi"))
    new\nline.avi
    >>> plain("x" * 1000, most=9)
    'xxx...xxx'
    """
    # Cut before as well as after: what is written out takes up to ten times the room.
    return _cut(printable(_cut(str(text), most)), most)


def _cut(text: str, most: int) -> str:
    half = (most - 3) // 2
    return text if len(text) <= most else f"{text[:half]}...{text[-half:]}"


@contextmanager
def read_as(what: str, path: Path | str, remedy: str) -> Iterator[None]:
    """Refuse a file that turns out to be of another form while it is read.

    Parameters
    ----------
    what : str
        What the file should be, such as "a recorded study".
    path : Path or str
        The file.
    remedy : str
        What to do.

    Raises
    ------
    InputError
        In place of what goes wrong within; an InputError goes through, as does an OSError.

    Examples
    --------
    >>> with read_as("a list of clips", "clips.json", "make it anew"):
    ...     {}["clips"]
    Traceback (most recent call last):
    har_lib.errors.InputError: clips.json: is not a list of clips, or is damaged (KeyError: \
'clips'): make it anew
    """
    try:
        yield
    except InputError:
        raise
    except MALFORMED as error:
        why = plain(f"{type(error).__name__}: {error}")
        raise InputError(f"{path}: is not {what}, or is damaged ({why}): {remedy}") from error
