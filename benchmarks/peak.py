"""Extract one clip in this process and print the peak of its memory, as JSON.

Run in a process of its own: python -m benchmarks.peak CLIP [NAME=VALUE ...]
"""

import json
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import cv2

from har_lib import features
from har_lib.config import profile


def peak() -> float:
    """Most resident memory that this process has had, MB.

    Linux gives a new process the peak of the one that started it, but for the number in its
    status file.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        # macOS counts bytes here.
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    (line,) = [line for line in lines if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024 / 1e6


def main(words: Sequence[str] | None = None) -> int:
    """Print ``frames``, ``seconds``, ``before`` and ``peak``, the last two in MB."""
    clip, *choices = sys.argv[1:] if words is None else words
    config = profile("corrected", **dict(choice.split("=", 1) for choice in choices))
    cv2.setNumThreads(1)
    before, start = peak(), time.perf_counter()
    features.extract(clip, config)
    seconds = time.perf_counter() - start
    after = peak()
    # Counted last, as it takes memory too.
    capture = cv2.VideoCapture(clip, cv2.CAP_FFMPEG)
    frames = 0
    while capture.grab():
        frames += 1
    print(json.dumps({"frames": frames, "seconds": seconds, "before": before, "peak": after}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
