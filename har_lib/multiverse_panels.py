"""A multiverse ready to be drawn and told: what stands in which picture, table and sentence."""

import dataclasses
import textwrap
from typing import Any

import pandas as pd

from har_lib import markdown
from har_lib import multiverse_report as report
from har_lib.multiverse import Study
from har_lib.multiverse_axes import AXES, STRICT
from har_lib.paper_claims import reported

#: Axes below the curve, those that account for most of the spread.
DRAWN_AXES = 10

#: The strict way and two that differ from it in one respect, and what they are called.
WAYS = {
    "groups apart": STRICT.name,
    "clips at random": report.LENIENT["clips drawn at random"].name,
    "tested on what has trained": report.LENIENT["tested on what has trained"].name,
    "one against the rest, groups apart": report.LENIENT[
        "accuracy one against the rest, mean of classes"
    ].name,
}

#: What rows of the shares that are no axis are called in a picture.
NO_AXIS = {report.REST: "axes together, beyond each by itself", report.NOISE: "seeds: noise"}


def not_comparable(study: Study) -> str:
    """What stands at the paper's number wherever it is drawn over other data."""
    name = study.about["data"]
    return f"not comparable: {'built-in data' if name == 'builtin' else name + ' data'}"


def paper() -> float:
    """The paper's accuracy on UCF101, %."""
    found = reported("ALSTM", "accuracy")
    assert found is not None, "the paper's accuracy is among its claims"
    return found


def questions() -> pd.DataFrame:
    """Every axis: the question, the answers that are tried, and those that are not, with why."""
    rows = {
        axis.name: {
            "question": axis.field.ambiguity.question,
            "answers": ", ".join(str(level) for level in axis.levels),
            "not tried": "; ".join(f"{level}: {why}" for level, why in axis.left_out.items()),
        }
        for axis in AXES
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("choice")


def questions_table() -> str:
    """The same as Markdown.

    Examples
    --------
    >>> questions_table().splitlines()[0]
    '| choice | question | answers | not tried |'
    """
    table = questions()
    head = [str(table.index.name), *table.columns]
    rows = [[f"`{name}`", *row] for name, row in zip(table.index, table.to_numpy(), strict=True)]
    return markdown.table(head, rows)


def by_way(study: Study) -> pd.DataFrame:
    """Accuracy in %, universes by their strict one, a column a way; missing where not run."""
    order = study.strict.sort_values(kind="stable").index
    table = study.accuracy.reindex(index=order, columns=list(WAYS.values()))
    return 100 * table.set_axis(list(WAYS), axis=1).rename_axis("universe")


def told(study: Study) -> str:
    """What was run, as lines."""
    about = study.about
    protocol = about["protocol"]
    runs = protocol["repeats"]
    return "\n".join(
        [
            f"{about['data']}: {about['clips']} clips of {len(about['groups'])} groups; "
            f"{len(about['groups_held_out'])} other groups are kept for the best",
            f"{len(about['axes'])} choices varied in {about['design']['rows']} combinations "
            f"({about['design']['kind']}, seed {about['design']['seed']})",
            "held: " + ", ".join(f"{name} {value}" for name, value in about["held"].items()),
            f"{len(study.accuracy.columns)} ways to report each; the strict one: "
            f"{protocol['folds']} folds by group, {runs} run{'s' * (runs > 1)}, clips",
            study.summary(),
        ]
    )


def influential(shares: pd.DataFrame) -> list[str]:
    """Axes from the largest share of the spread to the smallest."""
    axes = shares.drop([report.REST, report.NOISE])
    return list(axes.share.sort_values(ascending=False, kind="stable").index)


def shares(study: Study) -> pd.DataFrame:
    """Of :func:`har_lib.multiverse_report.shares`: axes by their share, then what is no axis."""
    found = report.shares(study.strict, study.levels, study.noise)
    return found.loc[[*influential(found), report.REST, report.NOISE]]


def curve(study: Study, shares: pd.DataFrame) -> dict[str, Any]:
    """Arguments of :func:`har_lib.plots_multiverse.specification_curve`."""
    return {
        "curve": report.specification_curve(study.by_group),
        "levels": study.levels[influential(shares)[:DRAWN_AXES]],
        "chance": study.about["largest_class"],
        "paper": paper(),
        "not_comparable": not_comparable(study),
    }


def means(study: Study, shares: pd.DataFrame) -> pd.DataFrame:
    """Of :func:`har_lib.multiverse_report.marginal_means`, axes by their share of the spread."""
    return report.marginal_means(study.strict, study.levels[influential(shares)])


def spread_told(study: Study, shares: pd.DataFrame) -> str:
    """The spread, what seeds alone give of it, and how many axes are above chance."""
    axes = shares.drop([report.REST, report.NOISE])
    above = list(axes.index[axes.share > axes.chance])
    return (
        f"standard deviation between universes: {100 * study.strict.std():.1f} points; of two "
        f"runs of one universe: {100 * study.noise**0.5:.1f} ({len(study.again)} were run twice)\n"
        f"above what chance reaches in 95 of 100 shuffles: {len(above)} of {len(axes)} choices, "
        f"where about {round(0.05 * len(axes))} would be without any effect\n"
        + textwrap.fill(", ".join(name.replace("_", " ") for name in above), width=90)
    )


def _chosen(study: Study) -> pd.DataFrame:
    """The best universes, run again."""
    return study.reruns[study.reruns.chosen.astype(bool)]


def luck(study: Study) -> str:
    """What became of the universes that did best."""
    found = report.shrinkage(study.reruns)
    chosen = _chosen(study)
    others = study.reruns.drop(chosen.index)
    drops = 100 * chosen.eval("first - groups")
    return (
        f"The {len(chosen)} best had {100 * found.chosen:.1f} % in the runs that chose them, "
        f"{100 * chosen.seeds.mean():.1f} % with other seeds on the same groups, and "
        f"{100 * chosen.groups.mean():.1f} % on groups that nothing was chosen on: "
        f"{100 * found.groups:.1f} points less ({drops.min():.1f} to {drops.max():.1f}). The "
        f"{len(others)} others lose {100 * found.control:.1f} points there. So "
        f"{100 * found.beyond:.1f} points go with having been chosen."
    )


def reporting(study: Study) -> pd.DataFrame:
    """For each way to report: median and highest accuracy, share that reaches the paper's number.

    It is a count of combinations and no probability; on other data it says nothing of UCF101.
    """
    names = {"strict: groups apart, plain, all runs": STRICT} | dict(report.LENIENT)
    reach = len(study.accuracy) * report.reaching(study.accuracy, paper() / 100)
    rows = {
        words: {
            "median, %": round(100 * study.accuracy[way.name].median(), 1),
            "highest, %": round(100 * study.accuracy[way.name].max(), 1),
            f"at least {paper():g} %, of {len(study.accuracy)}": round(reach[way.name]),
        }
        for words, way in names.items()
        if way.name in study.accuracy
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("reported")


def equals(study: Study) -> str:
    """Universes that are another one, and those that answer alike without being it."""
    pairs = [f"{other} is {first}" for other, first in study.equal_to.items()]
    alike = [" = ".join(map(str, numbers)) for numbers in study.same_answers]
    return "\n".join(
        [
            "the same numbers, classified by the same settings, counted once: "
            + (", ".join(pairs) or "none"),
            "not the same, but all answers are, counted each: " + ("; ".join(alike) or "none"),
        ]
    )


def beside(study: Study) -> pd.DataFrame:
    """ALSTM less other methods on the same numbers and folds, in points over universes."""
    found = report.against(study.strict, study.beside)
    points = (100 * found[["median", "lower", "upper"]]).round(1)
    share = (100 * found["higher"]).round(0).astype(int)
    return points.assign(higher=[f"{value} % of universes" for value in share]).rename_axis("than")


def summary(few: Study, study: Study) -> dict[str, Any]:
    """What the notebook writes down: of the universes it ran, and of the recorded study."""

    def of(found: Study) -> dict[str, Any]:
        return {
            "data": found.about["data"],
            "data_digest": found.about["data_digest"],
            "clips": found.about["clips"],
            "universes": len(found.strict),
            "equal_to_another": len(found.equal_to),
            "without_a_result": len(found.failures),
            "strict_lowest": float(found.strict.min()),
            "strict_median": float(found.strict.median()),
            "strict_highest": float(found.strict.max()),
        }

    gains = report.gains(study.accuracy)
    return {
        "run_here": of(few),
        "recorded": {
            **of(study),
            "noise_deviation": study.noise**0.5,
            "shrinkage": dataclasses.asdict(report.shrinkage(study.reruns)),
            "gains": gains.to_dict("index"),
        },
    }


def in_short(study: Study) -> str:
    """What the study comes to, in a few sentences without a full stop at the end."""
    strict = study.strict
    gains = report.gains(study.accuracy)
    highest = gains.gain.idxmax()
    row = 100 * gains.loc[highest, ["gain", "low", "high"]].astype(float)
    found = report.shrinkage(study.reruns)
    drops = 100 * _chosen(study).eval("first - groups")
    data = "built-in figures" if study.about["data"] == "builtin" else f"{study.about['data']} data"
    return (
        f"{len(strict)} defensible readings of the paper, run on the same {study.about['clips']} "
        f"clips ({data}, so that no number can be held against the paper's): accuracy from "
        f"{100 * strict.min():.1f} to {100 * strict.max():.1f} %, median "
        f"{100 * strict.median():.1f} %. With the same pipeline and settings, another split or "
        f"another meaning of accuracy adds up to {row.gain:.1f} points "
        f"[{row.low:.1f}, {row.high:.1f}] on average "
        f"(*{highest}*); on other groups the {len(drops)} best lose {100 * found.groups:.1f} "
        f"points ({drops.min():.1f} to {drops.max():.1f}), others {100 * found.control:.1f}"
    )


def conclusion(study: Study) -> str:
    """The same for the end of the notebook, with what it does not say."""
    return (
        f"**In short.** {in_short(study)}. So what the paper leaves open, and how it is reported, "
        "can move such numbers this far on these clips. It does not show how the paper's came "
        "about."
    )
