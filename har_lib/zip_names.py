"""Names in an archive that are no danger on any system."""

import re
import unicodedata
from collections.abc import Iterable

#: Longest name of a file or folder and longest path, in bytes of UTF-8, and most folders deep.
LONGEST_PART, LONGEST_PATH, DEEPEST = 255, 1024, 32

_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.I)
#: Control characters, signs that turn the direction of writing, half characters, line ends.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def complaint(name: str) -> str:
    """What is wrong with a member's name, or nothing.

    Examples
    --------
    >>> complaint("Archery/v_Archery_g01_c01.avi")
    ''
    >>> complaint("../../etc/passwd"), complaint("/etc/passwd"), complaint("C:/boot.ini")
    ('leads out of its folder', 'is absolute', 'has a colon')
    """
    parts = name.removesuffix("/").split("/")
    try:
        encoded = name.encode()
    except UnicodeEncodeError:
        return "is no text"
    reasons = (
        (not name, "is empty"),
        (name.startswith("/"), "is absolute"),
        (any(unicodedata.category(c) in _UNPRINTABLE for c in name), "has a control character"),
        ("\\" in name, "has a backslash"),
        (":" in name, "has a colon"),
        (any(c in '<>|?*"' for c in name), "has a sign that is no part of file names"),
        (".." in parts, "leads out of its folder"),
        ("." in parts or "" in parts, "has an empty part"),
        (any(part[-1:] in (" ", ".") for part in parts), "ends a part with a blank or a dot"),
        (any(_DEVICE.fullmatch(part) for part in parts), "is a device on some systems"),
        (max(len(part.encode("utf-8", "replace")) for part in parts) > LONGEST_PART, "is too long"),
        (len(encoded) > LONGEST_PATH, "is too long"),
        (len(parts) > DEEPEST, "lies too deep"),
    )
    return next((reason for wrong, reason in reasons if wrong), "")


def clash(names: Iterable[str]) -> str:
    """The first name that would meet another one on some system, or nothing.

    A name ending in ``/`` is a folder. Names that differ in case or in the way of writing
    accents alone are one and the same on some systems.

    Examples
    --------
    >>> clash(["a/b", "a/c"]), clash(["a/b", "A/c"]), clash(["a", "a/b"])
    ('', 'A/c', 'a/b')
    """
    seen: dict[str, tuple[str, bool]] = {}  # the folded path -> as written, whether a folder
    stated: set[str] = set()
    for name in names:
        parts = name.removesuffix("/").split("/")
        paths = ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
        for path in paths:
            is_folder = path != paths[-1] or name.endswith("/")
            if seen.setdefault(_folded(path), (path, is_folder)) != (path, is_folder):
                return name
        if paths[-1] in stated:
            return name
        stated.add(paths[-1])
    return ""


def _folded(path: str) -> str:
    once = unicodedata.normalize("NFKC", path).casefold()
    return unicodedata.normalize("NFKC", once)


def shown(name: str) -> str:
    """A name for a message: short, and nothing that a terminal would obey."""
    text = ascii(name) if not name.isprintable() else repr(name)
    return text if len(text) <= 80 else f"{text[:60]}...{text[-15:]}"
