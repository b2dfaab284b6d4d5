"""YAML as people write it by hand: nothing in it makes objects, repeats itself or is without end.

A few lines of aliases can stand for billions of values, and the library would make them all.
"""

from pathlib import Path
from typing import Any

import yaml

from har_lib.errors import MALFORMED, InputError, in_short, plain

#: More bytes than these, and more levels, no file has that was written by hand.
MOST_BYTES, MOST_LEVELS = 100_000, 20


class Plain(yaml.composer.Composer):
    """To be put before a loader: refuses aliases, endless depth, and a key that stands twice."""

    level = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Take the next value, if it is a plain one."""
        event = self.peek_event()
        if event.anchor is not None:
            wrong = "anchors and aliases (& and *) are not allowed"
        elif self.level == MOST_LEVELS:
            wrong = f"more than {MOST_LEVELS} levels are not allowed"
        else:
            self.level += 1
            node = super().compose_node(parent, index)
            self.level -= 1
            return node
        raise yaml.composer.ComposerError(None, None, wrong, event.start_mark)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping whose keys differ."""
        seen = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{in_short(name)} stands twice", node.start_mark
                )
            seen.add(name)
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found


class Typed(Plain, yaml.SafeLoader):
    """Text, numbers, dates, lists and mappings."""


class Untyped(Plain, yaml.BaseLoader):
    """Text, lists and mappings."""


def read(path: Path, *, typed: bool = True) -> Any:
    """Read a file of one document.

    Parameters
    ----------
    path : Path
    typed : bool
        Whether numbers become numbers; else all is text, with the digits that are written.

    Raises
    ------
    InputError
        If it is no YAML, or none that a hand has written.
    OSError
        If it cannot be read.
    """
    with open(path, "rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise InputError(f"{path}: is longer than {MOST_BYTES:,} bytes: leave out what is not used")
    try:
        text = content.decode("utf-8-sig")
        return yaml.load(text, Loader=Typed) if typed else yaml.load(text, Loader=Untyped)
    except (yaml.YAMLError, *MALFORMED) as error:
        # Tags with values that they cannot have, such as !!int "", end in errors of Python's own.
        why = plain(" ".join(str(error).split()), 240)
        raise InputError(f"{path}: is no YAML: {why}") from error
