"""What the replication report is made from: the recorded results, and what is not run yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from har_lib import files, search_study
from har_lib.errors import InputError, read_as

#: Sets of real clips -> what they are. Their names are those of the records.
REAL = {
    "fight_surveillance": "surveillance clips, fight or not, by scene",
    "weizmann_silhouettes": "Weizmann silhouettes, one person out",
}

#: Official splits of UCF101, which need its clips.
UCF101 = tuple(f"ucf101_split{number}" for number in (1, 2, 3))
#: What the command of a split takes, measured on trees of UCF101's shape.
REHEARSAL = "ucf101_rehearsal"
#: Bytes of the archive of its clips that THUMOS 2014 publishes (UCF101_videos.zip).
UCF101_ARCHIVE = 6_960_400_115


@dataclass(frozen=True)
class Sources:
    """The results of a checkout, each read when it is asked for.

    Attributes
    ----------
    folder : Path
        With ``builtin`` and ``recorded``, such as ``results``.
    built : Path, optional
        Results of a run of the notebooks instead of ``builtin``, such as ``build/results``.
    """

    folder: Path = files.ROOT / "results"
    built: Path | None = None

    def builtin(self, name: str) -> dict[str, Any]:
        """Results of a notebook on the built-in data, or of one that needs none."""
        return self._read((self.built or self.folder / "builtin") / f"{name}.json", "make accept")

    def recorded(self, name: str) -> dict[str, Any]:
        """A record, which must be there."""
        return self._read(self.folder / "recorded" / f"{name}.json", "git checkout results")

    def maybe(self, name: str) -> dict[str, Any] | None:
        """A record, or None where it was not made."""
        path = self.folder / "recorded" / f"{name}.json"
        return self._read(path, "git checkout results") if path.is_file() else None

    @cached_property
    def study(self) -> search_study.Study:
        """The long study of the searches."""
        return search_study.recorded(self.folder / "recorded" / search_study.PATH.name)

    @property
    def real(self) -> Mapping[str, dict[str, Any]]:
        """Results of all methods on real clips, by the set's name."""
        return {name: self.recorded(name) for name in REAL}

    @property
    def ucf101(self) -> Mapping[str, dict[str, Any]]:
        """Results on the official splits of UCF101 that were run."""
        found = {name: self.maybe(name) for name in UCF101}
        return {name: results for name, results in found.items() if results is not None}

    @property
    def audited(self) -> bool:
        """Whether the claims were audited, without which there is nothing to report."""
        return ((self.built or self.folder / "builtin") / "07_claims_audit.json").is_file()

    def _read(self, path: Path, remedy: str) -> dict[str, Any]:
        try:
            with read_as("a file of results", path, remedy):
                return dict(files.read_json(path))
        except FileNotFoundError:
            raise InputError(f"{path}: is missing: {remedy}") from None
