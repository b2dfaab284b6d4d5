"""How many pictures a packet of a codec holds, read from its headers.

Most codecs put one picture into a packet. MPEG-4 (XviD, DivX) packs two into one and fills the
place of the second with a header that says "no picture"; VP8 has pictures that are never shown.
"""

from dataclasses import dataclass

_START = b"\0\0\1"
#: A header that says "no picture", with its padding, is no longer.
_PLACEHOLDER = 8


class _Bits:
    """Bits of some bytes, the highest first; zeros behind the end."""

    def __init__(self, content: bytes) -> None:
        self._value = int.from_bytes(content, "big")
        self._left = 8 * len(content)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            return 0
        return self._value >> self._left & (1 << count) - 1


@dataclass
class Counter:
    """Pictures of one stream, packet by packet.

    Parameters
    ----------
    codec
        Name of the codec, as FFmpeg calls it.
    header
        What the container holds for the codec, beside the packets.

    Examples
    --------
    >>> Counter("mjpeg").promised(b"any content")
    1
    """

    codec: str
    header: bytes = b""
    #: Bits of the time of an MPEG-4 picture, once its layer has told them.
    time_bits: int = 0
    #: 1 if a second picture waits for the packet in which it is shown; a clip that was cut
    #: there never shows it.
    waiting: int = 0

    def __post_init__(self) -> None:
        if self.codec == "mpeg4":
            self._layers(self.header)

    def promised(self, packet: bytes) -> int:
        """Pictures of a packet that a decoder should show."""
        if not packet:
            return 0
        if self.codec == "vp8":
            return packet[0] >> 4 & 1
        if self.codec != "mpeg4":
            return 1
        self._layers(packet)
        starts = _positions(packet, _START + b"\xb6")
        if not starts:
            # DivX fills up with a single byte.
            return int(len(packet) > _PLACEHOLDER)
        bounds = zip(starts, [*starts[1:], len(packet)], strict=True)
        count = sum(self._coded(packet[low:high]) for low, high in bounds)
        self.waiting = min(1, max(0, self.waiting + count - 1))
        return count

    def _layers(self, content: bytes) -> None:
        """Take the unit of time from the header of a video object layer."""
        for at in _positions(content[:4096], _START):
            if content[at + 3 : at + 4] and 0x20 <= content[at + 3] <= 0x2F:
                bits = _Bits(content[at + 4 : at + 40])
                bits.take(9)
                if bits.take(1):
                    bits.take(7)
                if bits.take(4) == 15:
                    bits.take(16)
                if bits.take(1):
                    bits.take(3)
                    if bits.take(1):
                        bits.take(79)
                bits.take(3)
                self.time_bits = max(1, (bits.take(16) - 1).bit_length())

    def _coded(self, picture: bytes) -> bool:
        """Whether a picture, or only a header that says "no picture", follows a start code."""
        if not self.time_bits or len(picture) > 2 * _PLACEHOLDER:
            return len(picture) > _PLACEHOLDER
        bits = _Bits(picture[4:])
        bits.take(2)
        # One bit for every second that has passed, then a zero.
        for _ in range(8 * len(picture)):
            if not bits.take(1):
                break
        bits.take(2 + self.time_bits)
        return bool(bits.take(1))


def _positions(content: bytes, pattern: bytes) -> list[int]:
    found = []
    at = content.find(pattern)
    while at >= 0:
        found.append(at)
        at = content.find(pattern, at + 1)
    return found
