"""Memberships are exchanged as they should be; p is what a plain count gives; a run goes on."""

import json
from collections import Counter
from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_leakage import CONFIG, made

from har_lib import leakage, leakage_permutation
from har_lib.errors import InputError
from har_lib.leakage_permutation import EXCHANGED, Journal, gap_test, p_value, permuted

DATA = made(groups=6, of_class=0.5, of_clip=1.5)


def outcome(
    folder: Path, data: leakage.Samples = DATA, **change: Any
) -> leakage_permutation.Outcome:
    given: dict[str, Any] = {
        "name": "kNN",
        "upper": "key_frame",
        "lower": "group",
        "config": CONFIG,
        "count": 3,
        "permutations": 9,
        "journal": Journal(folder / "kept.jsonl"),
    }
    return gap_test(data=data, **given | change)


# ---------------------------------------------------------------- what is exchanged


@pytest.mark.parametrize("exchanged", EXCHANGED)
def test_classes_and_sizes_are_kept(exchanged: str) -> None:
    data = made(groups=5, clips=3)
    old = data.clips if exchanged.endswith("clips") else data.groups
    new = permuted(data.labels, data.clips, data.groups, exchanged, 0)
    assert Counter(zip(data.labels.tolist(), new.tolist(), strict=True)) == Counter(
        zip(data.labels.tolist(), old.tolist(), strict=True)
    )
    assert (new != old).mean() > 0.5


def test_clips_stay_whole_and_key_frames_do_not() -> None:
    data = made(groups=5, clips=3)

    def torn(exchanged: str) -> int:
        new = permuted(data.labels, data.clips, data.groups, exchanged, 0)
        return sum(len(set(new[data.clips == clip].tolist())) > 1 for clip in set(data.clips))

    assert torn("clips over groups") == 0
    assert torn("key frames over groups") > 15


def test_clips_of_any_size_and_order_may_be_exchanged() -> None:
    generator = np.random.default_rng(0)
    clips = generator.permutation(np.arange(8).repeat([1, 5, 2, 2, 3, 1, 4, 2]))
    labels, groups = np.array(list("ab"))[clips % 2], np.array(list("wxyz"))[clips // 2]
    new = permuted(labels, clips, groups, "clips over groups", 3)
    pairs = {(clip, label, group) for clip, label, group in zip(clips, labels, new, strict=True)}
    assert len(pairs) == 8
    # Each group keeps one clip of each class.
    kept = Counter((label, group) for _, label, group in pairs)
    assert kept == dict.fromkeys(product("ab", "wxyz"), 1)


def test_every_exchange_is_as_likely() -> None:
    labels, clips = np.array([0, 0, 0, 1]), np.arange(4)
    groups = np.array(["x", "y", "z", "x"])
    drawn = Counter(
        "".join(permuted(labels, clips, groups, "clips over groups", seed)) for seed in range(6000)
    )
    assert set(drawn) == {"".join(each) + "x" for each in permutations("xyz")}
    # Five standard errors of a sixth of 6000.
    assert max(abs(count - 1000) for count in drawn.values()) < 5 * np.sqrt(6000 * 5 / 36)


# ---------------------------------------------------------------- the number p


def test_p_counts_the_observed_one_and_ties() -> None:
    null = np.array([0.1, 0.2, 0.2, 0.3])
    assert p_value(0.2, null) == 4 / 5
    assert p_value(0.31, null) == 1 / 5
    assert p_value(0.0, null) == 1.0


def test_the_test_is_what_a_plain_count_gives(tmp_path: Path) -> None:
    found = outcome(tmp_path, permutations=30)

    def right(groups: np.ndarray, rung: str) -> float:
        parts = leakage.divide(rung, DATA.labels, DATA.clips, groups, 3, 0)
        told = np.empty_like(DATA.labels)
        for train, test in parts:
            mean, spread = DATA.rows[train].mean(axis=0), DATA.rows[train].std(axis=0)
            scaled = (DATA.rows - mean) / spread
            distance = ((scaled[test][:, None] - scaled[train]) ** 2).sum(axis=2)
            told[test] = DATA.labels[train][distance.argmin(axis=1)]
        return float((told == DATA.labels).mean())

    above = right(DATA.groups, "key_frame")
    gaps = [above - right(DATA.groups, "group")]
    for seed in range(30):
        generator = np.random.default_rng([leakage_permutation._OWN, seed])
        groups = DATA.groups.copy()
        for label in (0, 1):
            own = np.flatnonzero(DATA.labels == label)
            groups[own] = DATA.groups[generator.permutation(own)]
        gaps.append(above - right(groups, "group"))
    assert found.gap == pytest.approx(gaps[0])
    np.testing.assert_allclose(found.null, gaps[1:], atol=1e-12)
    assert found.p == sum(gap >= gaps[0] - 1e-9 for gap in gaps) / 31


@pytest.mark.parametrize(
    ("upper", "lower", "exchanged"),
    [
        ("key_frame", "group", "key frames over groups"),
        ("key_frame", "clip", "key frames over clips"),
        ("clip", "group", "clips over groups"),
    ],
)
def test_a_strong_leak_is_found_where_it_is(
    tmp_path: Path, upper: str, lower: str, exchanged: str
) -> None:
    leak = "of_group" if upper == "clip" else "of_clip"
    found = outcome(
        tmp_path, made(groups=8, **{leak: 3.0}), upper=upper, lower=lower, permutations=49
    )
    assert (found.p, found.exchanged) == (1 / 50, exchanged)
    assert found.gap > 0.2
    assert abs(found.null.mean()) < found.gap / 2


def test_likeness_within_clips_is_no_leak_of_groups(tmp_path: Path) -> None:
    ps = [
        outcome(
            tmp_path, made(seed, groups=6, of_clip=3.0), upper="clip", permutations=19, seed=seed
        ).p
        for seed in range(12)
    ]
    assert np.mean(np.array(ps) <= 0.1) < 0.35


def test_where_nothing_leaks_p_is_uniform(tmp_path: Path) -> None:
    ps = np.array(
        [
            outcome(tmp_path, made(seed, groups=5, frames=2, of_class=0.3), permutations=9).p
            for seed in range(60)
        ]
    )
    # p is at most k/10 in at most that share of data sets; 3 standard errors on top.
    for tenth in (1, 2, 5, 8):
        share = tenth / 10
        assert (ps <= share + 1e-9).mean() <= share + 3 * np.sqrt(share * (1 - share) / 60)
    assert 0.35 < ps.mean() < 0.75


# ---------------------------------------------------------------- a run that goes on


def test_a_run_that_was_ended_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = outcome(tmp_path / "whole")
    original, seen = leakage_permutation._right, []

    def counted(*task: Any) -> int:
        if task[-1] == 5 and len(seen) < 7:
            seen.append("ended")
            raise KeyboardInterrupt
        seen.append(task[-1])
        return original(*task)

    monkeypatch.setattr(leakage_permutation, "_right", counted)
    with pytest.raises(KeyboardInterrupt):
        outcome(tmp_path / "parts")
    assert seen == [None, 0, 1, 2, 3, 4, "ended"]
    path = tmp_path / "parts" / "kept.jsonl"
    # Killed as it wrote: the last line is not whole.
    path.write_bytes(path.read_bytes() + b'{"test": "abc", "se')
    seen.append("again")
    again = outcome(tmp_path / "parts")
    assert seen[8:] == [None, 5, 6, 7, 8, None]
    np.testing.assert_array_equal(again.null, whole.null)
    assert (again.p, again.gap) == (whole.p, whole.gap)
    assert path.read_text() == (tmp_path / "whole" / "kept.jsonl").read_text()
    seen.clear()
    outcome(tmp_path / "parts")
    assert seen == [None, None], "nothing but the two true rungs is computed again"


def test_more_permutations_go_on_from_fewer(tmp_path: Path) -> None:
    few, more = outcome(tmp_path, permutations=4), outcome(tmp_path, permutations=9)
    np.testing.assert_array_equal(more.null[:4], few.null)
    assert len((tmp_path / "kept.jsonl").read_text().splitlines()) == 9


@pytest.mark.parametrize(
    "change",
    [
        {"count": 2},
        {"seed": 1},
        {"name": "SVM"},
        {"lower": "clip"},
        {"config": CONFIG.replace(neighbours=3)},
        {"data": made(1, groups=6, of_class=0.5, of_clip=1.5)},
    ],
)
def test_another_test_takes_nothing_over(tmp_path: Path, change: dict[str, Any]) -> None:
    outcome(tmp_path, permutations=2)
    outcome(tmp_path, **{"permutations": 2} | change)
    rows = [json.loads(line) for line in (tmp_path / "kept.jsonl").read_text().splitlines()]
    assert len({row["test"] for row in rows}) == 2


def test_processes_change_nothing(tmp_path: Path) -> None:
    one, two = (outcome(tmp_path / str(jobs), jobs=jobs) for jobs in (1, 2))
    np.testing.assert_array_equal(one.null, two.null)
    kept = [(tmp_path / str(jobs) / "kept.jsonl").read_text() for jobs in (1, 2)]
    assert kept[0] == kept[1]


def test_only_what_was_not_finished_is_cut_from_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    line = b'{"test": "a", "seed": 1, "right": 2}\n'
    for torn in (b"{", line[:20], line[:-1]):
        path.write_bytes(line + torn)
        journal = Journal(path)
        assert path.read_bytes() == line + torn  # to look changes nothing
        with journal.adding("a") as add:
            add(2, 3)
        assert path.read_bytes() == line + line.replace(b"1", b"2", 1).replace(b": 2}", b": 3}")
    # Another run that goes on with its line keeps it.
    path.write_bytes(line + line[:20])
    journal = Journal(path)
    path.write_bytes(line + line)
    with journal.adding("b") as add:
        add(1, 2)
    assert path.read_bytes() == line + line + line.replace(b"a", b"b")
    path.write_bytes(b"notes of somebody else")
    with pytest.raises(InputError, match="is no journal of permutations: move it away"):
        Journal(path)
    assert path.read_bytes() == b"notes of somebody else"


@pytest.mark.parametrize("line", ["nonsense", '{"test": "a", "seed": 1}', '["a", 1, 2]'])
def test_a_damaged_journal_is_refused_by_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "kept.jsonl"
    path.write_text(f'{{"test": "a", "seed": 0, "right": 3}}\n{line}\n')
    with pytest.raises(InputError, match=r"kept\.jsonl, line 2: is no finished permutation"):
        Journal(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"permutations": 0}, "permutations = 0 is not allowed"),
        ({"upper": "training_data"}, "training_data - group has no permutation test: give one of"),
        ({"name": "LSTM"}, "LSTM takes no rows"),
    ],
)
def test_what_cannot_be_tested_is_refused_in_one_line(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        outcome(tmp_path, **change)
    assert "\n" not in str(caught.value)


def test_where_nothing_can_be_exchanged_it_says_so(tmp_path: Path) -> None:
    data = made(groups=6)
    nested = leakage.Samples(
        "key_frame", data.rows, data.sequences, data.labels, data.labels, data.clips
    )
    with pytest.raises(InputError, match="key frames over groups: every class lies in one place"):
        outcome(tmp_path, nested)
    with pytest.raises(InputError, match="exchanged = 'all' is not known"):
        permuted(data.labels, data.clips, data.groups, "all", 0)
