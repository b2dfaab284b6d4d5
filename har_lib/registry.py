"""What can be fetched: addresses, sizes and SHA-256 of the files, known beforehand."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from har_lib.errors import InputError

#: Hosts that may speak plain HTTP: this machine, for tests.
_HERE = frozenset({"127.0.0.1", "::1"})


@dataclass(frozen=True)
class Remote:
    """A file on a server, whose every byte is known.

    ``size`` is in bytes; ``unpacked`` the bytes that its content takes, roughly, for the first
    look at the disk.
    """

    name: str
    url: str
    size: int
    sha256: str
    unpacked: int = 0

    def __post_init__(self) -> None:
        check_address(self.url)


def check_address(url: str, before: str = "") -> None:
    """Refuse an address that is not fetched from.

    Parameters
    ----------
    url
        The address.
    before
        The one that redirects there.

    Raises
    ------
    InputError
        It is neither HTTPS nor HTTP on this machine, or an HTTPS address has redirected to it
        and it is not HTTPS.

    Examples
    --------
    >>> check_address("https://example.org/a.zip")
    >>> check_address("ftp://example.org/a.zip")
    Traceback (most recent call last):
    har_lib.errors.InputError: ftp://example.org is not fetched from: only https is safe enough
    """
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), parts.hostname
    except ValueError:
        scheme, host = "", None
    plain_allowed = not before.lower().startswith("https:")
    if host and (scheme == "https" or (scheme == "http" and host in _HERE and plain_allowed)):
        return
    # A server may have written it: short, and nothing that a terminal would obey.
    shown = ascii(f"{scheme}://{host or ''}")[1:-1][:100]
    raise InputError(f"{shown} is not fetched from: only https is safe enough")


#: Data set -> part -> file. The original ``UCF101.rar`` is not among them: its SHA-256 is not
#: published, and nothing kept up unpacks it without a program of its own.
REGISTRY: dict[str, dict[str, Remote]] = {
    "ucf101": {
        "splits": Remote(
            "UCF101TrainTestSplits-RecognitionTask.zip",
            "https://www.crcv.ucf.edu/data/UCF101/UCF101TrainTestSplits-RecognitionTask.zip",
            113_943,
            "5c0d1a53b8ed364a2ac830a73f405e51bece7d98ce1254fd19ed4a36b224bd27",
            3_000_000,
        ),
        "videos": Remote(
            "UCF101_videos.zip",
            "https://storage.googleapis.com/thumos14_files/UCF101_videos.zip",
            6_960_400_115,
            "dabf56f573cd19c79e096563529fec8126a2a34e18e10c72eb621dd687532b0d",
            7_500_000_000,
        ),
    },
}


def parts(name: str) -> dict[str, Remote]:
    """Part -> file, of a data set that can be fetched.

    Raises
    ------
    InputError
        There is none of this name.

    Examples
    --------
    >>> list(parts("ucf101"))
    ['splits', 'videos']
    >>> parts("kth")
    Traceback (most recent call last):
    har_lib.errors.InputError: 'kth' cannot be fetched; use ucf101
    """
    if name not in REGISTRY:
        raise InputError(f"{name!r} cannot be fetched; use {' or '.join(REGISTRY)}")
    return REGISTRY[name]
