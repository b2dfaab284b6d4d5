"""The command line in a folder of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from har_lib import files


@dataclass(frozen=True)
class Told:
    """What a command said: exit code, standard output and standard error."""

    code: int
    output: str
    errors: str


@dataclass(frozen=True)
class Har:
    """``har`` with the data and the build folder below ``scratch``."""

    scratch: Path

    @property
    def environment(self) -> dict[str, str]:
        """Variables of the process."""
        own = {
            "HAR_DATA": str(self.scratch / "data"),
            "HAR_BUILD": str(self.scratch / "build"),
            "PYTHONPATH": str(files.ROOT),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        return {**os.environ, **own}

    def __call__(self, *words: str, seconds: float = 600.0) -> Told:
        """Run a command to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "har_lib", *words],
            env=self.environment,
            cwd=self.scratch,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        return Told(done.returncode, done.stdout, done.stderr)
