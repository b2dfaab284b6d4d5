"""The recorded ablations of features, ready to be drawn."""

from collections.abc import Mapping

import pandas as pd

from har_lib.replication_sources import Sources

#: Record of a set of real clips -> what it is called in a picture.
TITLES: Mapping[str, str] = {
    "ablations_fight_surveillance": "surveillance clips, by scene",
    "ablations_weizmann_silhouettes": "Weizmann, one person out",
}


def recorded(sources: Sources) -> dict[str, pd.DataFrame]:
    """Tables of :func:`har_lib.feature_ablation.compare` by title, as they were recorded."""
    return {title: _table(sources.recorded(name)["rows"]) for name, title in TITLES.items()}


def _table(rows: list[dict[str, object]]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    numbers = ["difference", "difference_low", "difference_high", "p", "p_holm"]
    table[numbers] = table[numbers].astype(float)
    return table
