"""A payload that leaves a mark if anything that reads it runs it."""

from typing import Any

#: File that a payload makes if anything runs it; its folder is the case's own.
MARKER = "payload-has-run"


class Payload:
    """What runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Make the marker in the working folder."""
        return (open, (MARKER, "w"))
