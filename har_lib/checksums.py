"""Checksums that FFV1 puts behind every slice of a frame; FFmpeg hides a wrong one.

Layout: RFC 9043, section 4.9: 3 bytes of length, 1 of status, 4 of checksum.
"""

import zlib

_FOOTER = 8
#: Every byte with its bits in reverse order: zlib counts them from the other end.
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def sound(content: bytes) -> bool:
    """Whether a slice and the checksum at its end fit: their common remainder is 0."""
    return zlib.crc32(content.translate(_REVERSED), 0xFFFFFFFF) == 0xFFFFFFFF


class Slices:
    """Slices of a stream of FFV1, frame by frame.

    Whether there are checksums at all stands in a header that is hard to read. One that fits
    cannot be chance, so a stream with one has them everywhere.
    """

    def __init__(self) -> None:
        self.good = 0
        #: Frames of which a checksum is wrong, counted from 0.
        self.bad: list[int] = []
        self._frames = 0

    def look(self, packet: bytes) -> None:
        """Compare the checksums of a frame."""
        end, right = len(packet), bool(packet)
        while end > 0 and right:
            # Lengths stand at the ends, so the last slice is found first.
            length = int.from_bytes(packet[max(0, end - _FOOTER) : end][:3], "big") + _FOOTER
            right = length <= end and sound(packet[end - length : end])
            self.good += right
            end -= length
        if packet and not right:
            self.bad.append(self._frames)
        self._frames += 1

    @property
    def damaged(self) -> list[int]:
        """Frames that are damaged; none if the stream has no checksums."""
        return self.bad if self.good else []
