"""The paper's claims against what was measured: value, ours, data, verdict, command.

A verdict follows from numbers by a rule that stands beside it. It is one of four:

- *supported*: shown on every set that the row names;
- *not supported*: put to the test there, and not shown on every one; no proof of the opposite;
- *incompatible under the listed assumptions*: arithmetic excludes it, if they hold;
- *not testable here*: it takes data that are not at hand.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from har_lib import comparison, contest, search_report, search_study
from har_lib.audit_readings import KINDS
from har_lib.paper_claims import CLAIMS, METHODS, reported
from har_lib.replication_sources import REAL, UCF101, Sources

SUPPORTED, NOT_SUPPORTED = "supported", "not supported"
INCOMPATIBLE = "incompatible under the listed assumptions"
NOT_TESTABLE = "not testable here"
VERDICTS = (SUPPORTED, NOT_SUPPORTED, INCOMPATIBLE, NOT_TESTABLE)

#: How the claims begin that are put to data that are not UCF101.
ELSEWHERE = "the same"

#: What runs an official split of UCF101 and keeps the result.
UCF101_COMMAND = (
    "har replicate --only 06 --params params/ucf101.yaml --data-root DIR -p split official{number}"
    " -p configurations 4 -p repeats 3 --record ucf101_split{number}"
)


@dataclass(frozen=True)
class Row:
    """One claim.

    Attributes
    ----------
    claim : str
        In the paper's words.
    value : str
        As printed.
    ours : str
        What was measured or proven, with interval, standard deviation over repeats and seeds.
    data : str
    verdict : str
        One of `VERDICTS`.
    assumes : str
        What the verdict rests on, and where the evidence does not reach.
    command : str
        What repeats it.
    evidence : str
        Where it is shown: a file of this repository.
    """

    claim: str
    value: str
    ours: str
    data: str
    verdict: str
    assumes: str
    command: str
    evidence: str

    @property
    def elsewhere(self) -> bool:
        """Whether it asks for the same on data that are not UCF101."""
        return self.claim.startswith(ELSEWHERE)


def rows(sources: Sources) -> list[Row]:
    """Every claim that the paper makes of its results."""
    makers: Sequence[Callable[[Sources], Iterator[Row]]] = (
        _together,
        _levels,
        _gains,
        _search,
        _f_measure,
    )
    return [row for make in makers for row in make(sources)]


def _together(sources: Sources) -> Iterator[Row]:
    audited = sources.builtin("07_claims_audit")
    plain = [each["verdict"] for each in audited["readings"] if each["kind"] in KINDS[:2]]
    claimed = audited["claimed"]
    highest = max(row["highest"] for row in audited["bounds"])
    subset = max(row["subset"] for row in audited["bounds"])
    yield Row(
        " and ".join(f'"{CLAIMS[name].quotation}"' for name in ("accuracy_alstm", "recall_alstm"))
        + ", together",
        f"{claimed['accuracy']}, {claimed['recall']}",
        f"at this accuracy macro recall is at most {_up(highest)}, and {_up(subset)} on any subset "
        f"of the classes; largest over mean class {_ratios(audited)}, needed "
        f"{audited['ratio_needed']:.2f}",
        "class sizes of UCF101's official lists",
        INCOMPATIBLE if set(plain) == {"impossible"} else NOT_TESTABLE,
        "each clip counts once, has one label and gets one; both scores come from the same "
        "answers; micro, weighted or macro average; an official split, their pool or mean, all "
        "clips, or classes of these with all their clips. Left open: " + _left_open(audited),
        "har audit",
        "notebooks/07_claims_audit.ipynb",
    )


def _left_open(audited: Mapping[str, Any]) -> str:
    return " / ".join(
        each["counted"] for each in audited["readings"] if each["verdict"] != "impossible"
    )


def _ratios(audited: Mapping[str, Any]) -> str:
    ratios = [row["ratio"] for row in audited["bounds"]]
    return f"{min(ratios):.2f} to {max(ratios):.2f}"


def _levels(sources: Sources) -> Iterator[Row]:
    """Each number by itself: it takes UCF101."""
    found = sources.ucf101
    for metric in ("accuracy", "precision", "recall"):
        for method in METHODS:
            printed = reported(method, metric)
            if printed is None or (metric != "accuracy" and method != "ALSTM"):
                continue
            claim = CLAIMS[f"{metric}_{method.lower()}"]
            called = f", taken as {metric}" if claim.said_to_be else ""
            yield Row(
                f'"{claim.quotation}"{called}',
                f"{printed:g} %",
                _on_ucf101(found, method, metric),
                "UCF101, official splits",
                _level_verdict(found, method, metric, printed),
                "a split, an average and settings that the paper does not describe: official "
                "splits, macro average, settings chosen in the training part. Supported where the "
                "interval over splits holds the printed number and reaches at most "
                f"{_WIDEST:g} points to either side; not supported where it ends below",
                ucf101_commands(),
                "*UCF101* below",
            )


def _named(method: str) -> str:
    return "kNN" if method == "KNN" else method


def _values(found: Mapping[str, Any], method: str, metric: str) -> list[float]:
    return [100 * results["methods"][_named(method)][metric] for results in found.values()]


def _on_ucf101(found: Mapping[str, Any], method: str, metric: str) -> str:
    if not found:
        return "not run"
    values = _values(found, method, metric)
    if len(values) < 2:
        return f"{values[0]:.1f} % ({len(values)} of {len(UCF101)} splits)"
    deviation = float(np.std(values, ddof=1))
    return f"{np.mean(values):.1f} ± {deviation:.1f} % ({len(values)} of {len(UCF101)} splits)"


#: Widest half interval, in points, with which a level counts as tested.
_WIDEST = 2.0


def _level_verdict(found: Mapping[str, Any], method: str, metric: str, printed: float) -> str:
    if len(found) < len(UCF101):
        return NOT_TESTABLE
    # Student's t over the three splits.
    values = comparison.paired(_values(found, method, metric), [0.0] * len(found))
    if values.high < printed:
        return NOT_SUPPORTED
    reached = values.low <= printed and values.high - values.difference <= _WIDEST
    return SUPPORTED if reached else NOT_TESTABLE


def _gains(sources: Sources) -> Iterator[Row]:
    """The method above each other one: on UCF101, and on the clips at hand."""
    first = reported("ALSTM", "accuracy")
    assert first is not None
    for method in ("LSTM", "ANN", "KNN"):
        printed = reported(method, "accuracy")
        assert printed is not None
        gain = first - printed
        quotation = CLAIMS[f"accuracy_{method.lower()}"].quotation
        yield Row(
            f'ALSTM above {method} on UCF101: "{quotation}"',
            f"+{gain:.2f} points",
            _gain_on_ucf101(sources.ucf101, method),
            "UCF101, official splits",
            _gain_verdict(sources.ucf101, method),
            "as above; shown on every split, by Holm's rule within a split",
            ucf101_commands(),
            "*UCF101* below",
        )
        told, shown = [], []
        for name, results in sources.real.items():
            row = _difference(results, _named(method))
            low, high = (float(end) for end in row["95 % interval"].strip("[]").split(","))
            inside = "inside" if low <= gain <= high else "outside"
            told.append(
                f"{row['points']} points {row['95 % interval']} ({REAL[name]}; the printed size "
                f"lies {inside})"
            )
            shown.append(_shown(row))
        seeds = {results["choices"]["repeats"] for results in sources.real.values()}
        yield Row(
            f"{ELSEWHERE} on other clips: ALSTM above {method}",
            "",
            "; ".join(told) + f"; {_join(seeds)} seeds; shown on {sum(shown)} of {len(shown)} sets",
            "the real clips at hand",
            SUPPORTED if all(shown) else NOT_SUPPORTED,
            "95 % intervals over scenes or persons, two sets; says nothing of UCF101",
            sources.real["fight_surveillance"]["command"],
            "results/recorded/",
        )


def _shown(row: Mapping[str, Any]) -> bool:
    return bool(row["shown"] == "yes" and row["points"].startswith("+"))


def _gain_on_ucf101(found: Mapping[str, Any], method: str) -> str:
    if not found:
        return "not run"
    rows = [_difference(results, _named(method)) for results in found.values()]
    return "; ".join(f"{row['points']} points {row['95 % interval']}" for row in rows)


def _gain_verdict(found: Mapping[str, Any], method: str) -> str:
    if len(found) < len(UCF101):
        return NOT_TESTABLE
    shown = [_shown(_difference(results, _named(method))) for results in found.values()]
    return SUPPORTED if all(shown) else NOT_SUPPORTED


def ucf101_commands() -> str:
    """What runs the three official splits."""
    return "; ".join(UCF101_COMMAND.format(number=number) for number in (1, 2, 3))


def _difference(results: Mapping[str, Any], method: str) -> Mapping[str, Any]:
    return next(row for row in results["differences"] if row["difference"] == f"ALSTM - {method}")


def _search(sources: Sources) -> Iterator[Row]:
    study = sources.study
    searched, alone = search_study.PRIMARY
    values = search_study.with_adam(study.tried)
    found = comparison.table({alone: values[alone], searched: values[searched]}, alone)
    yield Row(
        'the gain on UCF101: "This is due to SOA based parameter optimization process."',
        "",
        "not run",
        "UCF101, official splits",
        NOT_TESTABLE,
        "as above",
        ucf101_commands(),
        "*UCF101* below",
    )
    yield Row(
        f"{ELSEWHERE} on drawn sequences: the search raises what Adam reaches",
        "",
        f"named beforehand: {search_report.named(study.tried)}; not named beforehand: "
        f"{search_report.isolated(study.tried)}; without Adam, "
        f"{search_report.against_random(contest.chosen(study.tried))}; without Adam and with less "
        f"noise, {search_report.against_random(study.easier)}",
        "drawn sequences that only their order tells apart",
        SUPPORTED if found.verdict[searched] == "higher" else NOT_SUPPORTED,
        "the search as its primary source gives it, one size of network, drawn data; the verdict "
        "is that of the comparison named beforehand",
        "python -m benchmarks.search_study",
        "notebooks/05_aso_lstm.ipynb",
    )


def _f_measure(sources: Sources) -> Iterator[Row]:
    told = []
    for name, results in sources.real.items():
        values = {
            method: results["methods"][_named(method)]["f_measure"]
            for method in METHODS
            if reported(method, "accuracy") is not None
        }
        ranked = sorted(values, key=lambda method: -values[method])
        told.append(
            ", ".join(f"{method} {100 * values[method]:.1f}" for method in ranked)
            + f" ({REAL[name]})"
        )
    yield Row(
        '"our recommended method achieved the higher F-measure"',
        "not printed",
        "for information, macro F-measure on other clips: " + "; ".join(told),
        "UCF101, official splits",
        NOT_TESTABLE,
        "no number is printed; the other clips are not UCF101, and ranks are no test",
        ucf101_commands(),
        "*UCF101* below",
    )


def verdict_in_short(sources: Sources) -> str:
    """The sentence about the two numbers that exclude each other, as the audit recorded it."""
    return str(sources.builtin("07_claims_audit")["verdict"])


def search_in_short(sources: Sources) -> str:
    """What the search adds, by the long study."""
    return (
        "What the paper's search adds to Adam on drawn sequences, named beforehand: "
        f"{search_report.named(sources.study.tried)}; less one draw out of the same boxes: "
        f"{search_report.isolated(sources.study.tried)}"
    )


def _join(values: Any) -> str:
    return ", ".join(str(value) for value in sorted(values))


def _up(share: float) -> str:
    return f"{np.ceil(share * 1e4 - 1e-7) / 100:.2f} %"
