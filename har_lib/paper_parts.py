"""What the data of the paper share: its headings, how grave an entry is, mappings by id."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Protocol, TypeVar

ABSTRACT = "Abstract"
INTRODUCTION = "Introduction"
METHODOLOGY = "Proposed Methodology"
KEY_FRAMES = "Key Frame extraction"
FEATURES = "Feature extraction"
SHAPE = "Shape feature extraction"
POINTS = "STI point extraction"
COVERAGE = "Coverage factor"
CLASSIFIER = "Activity recognition using enhanced long short term memory"
SEARCH = "Weight optimization using ASO algorithm"
RESULTS = "Results and Discussion"
DATA = "Dataset Description"
EXPERIMENTS = "Experimental Results"
CONCLUSION = "Conclusion"
REFERENCES = "References"

#: The paper's headings in order, as printed; the keywords stand below the abstract.
HEADINGS = (
    ABSTRACT,
    INTRODUCTION,
    METHODOLOGY,
    KEY_FRAMES,
    FEATURES,
    SHAPE,
    POINTS,
    COVERAGE,
    CLASSIFIER,
    SEARCH,
    RESULTS,
    DATA,
    EXPERIMENTS,
    CONCLUSION,
    REFERENCES,
)

START = f"{SEARCH}, Step 1: Initialization"
OPPOSITE = f"{SEARCH}, Step 2: Opposite solution creation"
FITNESS = f"{SEARCH}, Step 3: Fitness evaluation"
MIGRATION = f"{SEARCH}, Step 4: Migration (exploration)"
ATTACK = f"{SEARCH}, Step 5: Attacking (Exploitation)"
TERMINATION = f"{SEARCH}, Step 6: Termination criteria"

#: Every place that an entry may name: the headings, and the six steps below that of the search.
PLACES = (*HEADINGS, START, OPPOSITE, FITNESS, MIGRATION, ATTACK, TERMINATION)

#: From the gravest to nothing; what each means is said in `Equation` and in `Erratum`.
SEVERITIES = ("fatal", "reading", "cosmetic", "none")


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


Entry = TypeVar("Entry", bound=_Identified)


def by_id(entries: Iterable[Entry]) -> Mapping[str, Entry]:
    """Read-only mapping of entries by their id, in order.

    Raises
    ------
    ValueError
        If an id is given twice, which is a defect of the file that holds the entries.

    Examples
    --------
    >>> by_id([])
    mappingproxy({})
    """
    keyed: dict[str, Entry] = {}
    for entry in entries:
        if entry.id in keyed:
            raise ValueError(f"id {entry.id!r} is given twice")
        keyed[entry.id] = entry
    return MappingProxyType(keyed)
