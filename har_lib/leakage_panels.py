"""The recorded studies of leakage, ready to be drawn: what stands in which panel."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from har_lib import leakage_report
from har_lib.leakage_report import RUNG_WORDS, UNIT_WORDS
from har_lib.paper_claims import METHODS, reported
from har_lib.replication_sources import Sources

#: Record of a set of real clips -> what it is called in a picture.
TITLES = {
    "leakage_fight_surveillance": "surveillance clips",
    "leakage_weizmann_ssim": "Weizmann silhouettes",
}
#: The same sequences with evenly spaced key frames, and the data that show the mechanism.
UNIFORM, MECHANISM = "leakage_weizmann_uniform", "leakage_builtin"


def recorded(sources: Sources) -> dict[str, dict[str, Any]]:
    """Studies of real clips that are there, by their titles."""
    found = {title: sources.maybe(name) for name, title in TITLES.items()}
    return {title: results for title, results in found.items() if results is not None}


def ladder(studies: Mapping[str, Any], unit: str) -> dict[str, Any]:
    """Arguments of :func:`har_lib.plots_leakage.ladder` for one unit.

    Parameters
    ----------
    studies : mapping
        Of `recorded`.
    unit : {"key_frame", "clip"}
        What is scored.
    """
    named = {f"{title}, {UNIT_WORDS[unit]}": results for title, results in studies.items()}
    accuracies = {method: reported(method, "accuracy") for method in METHODS}
    return {
        "panels": {title: leakage_report.rungs(found, unit) for title, found in named.items()},
        "commonest": {title: 100 * found["majority_rate"][unit] for title, found in named.items()},
        "reported": {
            "kNN" if method == "KNN" else method: value
            for method, value in accuracies.items()
            if value is not None
        },
    }


def gaps(studies: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Argument of :func:`har_lib.plots_leakage.gaps`: what was tested."""
    panels = {}
    for title, found in studies.items():
        rows = leakage_report.contrasts(found)
        panels[title] = pd.DataFrame(
            {
                "words": [
                    f"{UNIT_WORDS[row.unit]}: {RUNG_WORDS[row.upper]} less {RUNG_WORDS[row.lower]}"
                    for row in rows.itertuples()
                ],
                "classifier": rows.classifier,
                "estimate": rows.estimate,
                "low": rows.low,
                "high": rows.high,
                "p": [leakage_report.p_words(p) for p in rows.p_holm],
                "primary": rows.role == "primary",
            }
        )
    return panels


def shuffled(studies: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Argument of :func:`har_lib.plots_leakage.shuffled_labels`."""
    return {title: leakage_report.shuffled(found) for title, found in studies.items()}


def mechanism(sources: Sources) -> dict[str, Any]:
    """Arguments of :func:`har_lib.plots_leakage.mechanism`, from the built-in data."""
    found = sources.recorded(MECHANISM)
    return {
        "curve": leakage_report.mechanism(found),
        "chance": 100 * found["chance"],
        "label": leakage_report.MECHANISM_WORDS,
    }


def sentences(results: leakage_report.Results) -> list[str]:
    """What tables do not say of one study: reservations, the primary endpoint, the floor."""
    found = leakage_report.reservations(results)
    if any(row["role"] == "primary" for row in results["contrasts"]):
        found.append(f"Primary endpoint: {leakage_report.primary(results)}.")
    if "floor" in results:
        said = leakage_report.floor(results["floor"])
        found.append(f"{said[0].upper()}{said[1:]}.")
    return found
