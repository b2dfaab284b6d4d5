"""Ways in which a server may misbehave, and what must become of a download."""

from dataclasses import dataclass

from har_lib.transfer import CHUNK
from torture.server import Answer

#: Bytes of the file.
SIZE = 300_000

_HALF = SIZE // 2
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True)
class Way:
    """A way to misbehave: the answers in turn, and what must become of it.

    ``kept`` says whether something must be kept, or must not, after a refusal.
    """

    answers: tuple[Answer, ...]
    ends: str
    said: str = ""
    kept: bool = False
    most: int | None = None


def _chunks(content: bytes) -> bytes:
    """A body of which no length is known beforehand."""
    pieces = [content[i : i + 9999] for i in range(0, len(content), 9999)]
    return b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


def _without_end(content: bytes) -> dict[str, Answer]:
    """Answers that never pause for long and never come to an end."""
    started = _CHUNKED + b"3\r\n%b\r\n" % content[:3]
    return {
        "says for ever that it will answer": Answer(
            raw=b"HTTP/1.1 100 Continue\r\n\r\n", again=b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.05
        ),
        "drips its header": Answer(raw=b"HTTP/1.1 200 OK\r\nX: ", again=b"y", pause=0.2),
        "ends in a trailer without end": Answer(
            raw=started + b"0\r\n", again=b"A: b\r\n", pause=0.05
        ),
        "drips the size of a chunk": Answer(raw=started, again=b"5", pause=0.2),
    }


def ways(content: bytes, url: str) -> dict[str, Way]:
    """Every way; ``url`` is the server's own address."""
    other = bytes(byte ^ 1 for byte in content)
    good, half = Answer(), Answer(drop=_HALF)
    small = Answer(drop=1000)
    none = Answer(drop=0)
    endless = _without_end(content)
    return {
        "honest": Way((good,), "finished", most=SIZE),
        "drops once": Way((half, good), "finished", most=SIZE),
        "drops three times": Way((small, small, half, good), "finished", most=SIZE),
        "drops at once, for ever": Way((none,), "refused", "dropped|ended"),
        "drops later, for ever": Way((half, none), "refused", "dropped|ended", kept=True),
        "wrong bytes": Way((Answer(content=other),), "refused", "SHA-256"),
        "wrong bytes at the end": Way((half, Answer(content=other)), "refused", "SHA-256"),
        "knows no ranges": Way((half, Answer(ranges=False)), "finished"),
        "404": Way((Answer(404),), "refused", "404"),
        "404 in the middle": Way((half, Answer(404)), "refused", "404", kept=True),
        "401": Way((Answer(401),), "refused", "401"),
        "416": Way((half, Answer(416), good), "finished", most=SIZE + 100),
        "503, then well": Way((Answer(503), Answer(503), good), "finished"),
        "503 for ever": Way((half, Answer(503)), "refused", "503", kept=True),
        "stalls, then well": Way((Answer(stall=_HALF), good), "finished", most=SIZE),
        "stalls for ever": Way((Answer(stall=_HALF), Answer(stall=0)), "refused", "nothing for"),
        "drips": Way((Answer(block=1, pause=0.1),), "refused", "a second"),
        "changed, says so": Way(
            (Answer(drop=_HALF, content=other), Answer(etag='"two"')), "finished"
        ),
        "changed, heeds no mark": Way(
            (
                Answer(drop=_HALF, content=other),
                Answer(etag='"two"', heeds_mark=False),
                Answer(etag='"two"'),
            ),
            "finished",
        ),
        "changed, without marks": Way(
            (Answer(drop=_HALF, content=other, etag=""), Answer(etag="")), "refused", "SHA-256"
        ),
        "changed to a longer one": Way(
            (half, Answer(content=content + b"more", heeds_mark=False)),
            "refused",
            "offers",
            kept=True,
            most=_HALF + CHUNK,
        ),
        "longer": Way((Answer(content=content + b"more"),), "refused", "offers"),
        "much longer": Way((Answer(length=10**15),), "refused", "offers"),
        "shorter": Way((Answer(content=content[:-1]),), "refused", "offers"),
        "length is no number": Way(
            (Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx"),), "refused", ""
        ),
        "longer, states no length": Way((Answer(content=content + content, length=0),), "finished"),
        "shorter, states no length": Way(
            (Answer(content=content[:_HALF], length=0), none), "refused", "dropped|ended", kept=True
        ),
        "sends another part": Way((half, Answer(shift=7), good), "finished"),
        "sends another part for ever": Way(
            (half, Answer(shift=7)), "refused", "another part", kept=True
        ),
        "range of endless digits": Way(
            (
                half,
                Answer(
                    raw=b"HTTP/1.1 206 X\r\nContent-Range: bytes %b-9/9\r\n\r\n" % (b"9" * 9000)
                ),
            ),
            "refused",
            "another part",
            kept=True,
        ),
        "in chunks": Way((Answer(raw=_CHUNKED + _chunks(content)),), "finished"),
        "in chunks, one damaged": Way(
            (Answer(raw=_CHUNKED + _chunks(content[:_HALF])[:-5] + b"zz\r\n"),),
            "refused",
            "dropped",
            kept=True,
        ),
        "packed": Way((Answer(encoding="gzip"),), "refused", "encoding"),
        "redirects to itself": Way(
            (Answer(302, location=url), Answer(307, location="/elsewhere.bin"), good), "finished"
        ),
        "redirects in circles": Way((Answer(302, location=url),), "refused", "circles"),
        "redirects with a body without end": Way(
            (Answer(302, location="/there.bin", content=bytes(10**8), length=0), good),
            "finished",
            most=CHUNK + SIZE,
        ),
        "error with a body without end": Way(
            (Answer(503, content=bytes(10**8), length=0), good),
            "finished",
            most=CHUNK + SIZE,
        ),
        "redirects to plain http": Way(
            (Answer(302, location="http://example.org/file.bin"),), "refused", "only https"
        ),
        "redirects to a file": Way(
            (Answer(301, location="file:///etc/passwd"),), "refused", "only https"
        ),
        "redirects to ftp": Way(
            (Answer(301, location="ftp://127.0.0.1/file.bin"),), "refused", "only https"
        ),
        "redirects nowhere": Way(
            (Answer(302, location="http://[bad"),), "refused", "redirects elsewhere"
        ),
        **{f"{name}, then well": Way((half, a, good), "finished") for name, a in endless.items()},
        "drips its header for ever": Way(
            (half, endless["drips its header"]), "refused", "stalls", kept=True
        ),
        "drips the size of a chunk for ever": Way(
            (endless["drips the size of a chunk"],), "refused", "stalls", kept=True
        ),
        "speaks no HTTP": Way((Answer(raw=b"220 ready\r\n" * 20),), "refused", "reached"),
        "endless headers": Way(
            (Answer(raw=b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000),), "refused", "reached"
        ),
        "terminal commands in its words": Way(
            (Answer(raw=b"HTTP/1.1 500 \x1b[2Jgone\r\nContent-Length: 0\r\n\r\n"),),
            "refused",
            "500",
        ),
    }
