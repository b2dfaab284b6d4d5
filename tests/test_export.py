"""The table of features: every number under the right name, and back without loss."""

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from har_lib import (
    cli,
    coverage,
    datasets,
    digests,
    export,
    extraction,
    files,
    integrity,
    shape,
    stip,
    video,
)
from har_lib import stip_vector as vectors
from har_lib.config import Config
from har_lib.datasets import Dataset, Record
from har_lib.features import COVERAGE, INTEREST, SHAPE, Features

KINDS = vectors.KINDS


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """Four clips, and one that is none."""
    monkeypatch.setenv("HAR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HAR_BUILD", str(tmp_path / "build"))
    monkeypatch.setattr(digests, "_seen", {})
    rows = ["file,group"]
    for seed, name in enumerate(
        ["run, fast/g1.avi", "run, fast/g2.avi", "walk/g1.avi", "walk/g2.avi"]
    ):
        frames = np.random.default_rng(seed).integers(60, 120, (12, 48, 64), dtype=np.uint8)
        for t in range(12):
            frames[t, 12:30, 4 + 3 * t : 14 + 3 * t] = 220
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        video.write(path, frames, codec="FFV1")
        rows.append(f'"{name}",{name[-6:-4]}')
    (tmp_path / "set" / "walk" / "g3.avi").write_text("not a video")
    files.write_text(tmp_path / "set" / "groups.csv", "\n".join([*rows, "walk/g3.avi,g3"]) + "\n")
    return tmp_path / "set"


def har(*words) -> int:
    return cli.main([str(word) for word in words])


#: One of the clips cannot be read.
SKIP = ("--damaged-clips", "skip")


@pytest.mark.parametrize("kind", KINDS)
def test_pandas_gives_back_exactly_what_was_collected(root, tmp_path, kind):
    table = tmp_path / "out" / "table.csv"
    words = ["export", root, "--jobs", 1, "--output", table, "-p", "interest_vector", kind]
    assert har(*words, *SKIP) == 0
    read = pd.read_csv(table)
    config = Config().replace(interest_vector=kind)
    found = extraction.collect(datasets.folder(root), config, jobs=1, damaged_clips="skip")
    assert list(read.columns) == [*export.ABOUT, *export.columns(config)]
    assert read["clip"].unique().tolist() == [
        *("run, fast/g1.avi", "run, fast/g2.avi", "walk/g1.avi", "walk/g2.avi")
    ]
    groups = [rows for _, rows in read.groupby("clip", sort=False)]
    assert len(groups) == len(found.records) == 4
    for rows, record, one in zip(groups, found.records, found.features, strict=True):
        numbers = rows[export.columns(config)].to_numpy(np.float32)
        np.testing.assert_array_equal(numbers, one.vectors)
        assert numbers.any()
        assert rows["key_frame"].tolist() == one.keyframes.tolist()
        assert set(rows["label"]) == {record.label}
        assert set(rows["group"]) == {record.group}
        assert set(rows["start"]) == {0}
        assert rows["stop"].isna().all()
    assert (tmp_path / "out" / "table.failures.csv").read_text().count("g3.avi") == 2


def test_every_float32_comes_back(tmp_path):
    """Also those that a reader with short digits, or long ones rounded twice, would lose."""
    random = np.random.default_rng(0)
    bits = random.integers(0, 2**32, (400, 58), dtype=np.uint32)
    numbers = bits.view(np.float32)
    numbers[~np.isfinite(numbers)] = 0
    numbers[0, :4] = [np.float32(2**24 + 1), 1e-45, 3.4028235e38, np.float32(0.1)]
    found = Features(np.arange(400), numbers, 400)
    records = (Record(tmp_path / "a" / "b.avi", "a", "g", 5, 900),)
    data = Dataset("one", tmp_path, records, "group", "names")
    collection = extraction.Collection(records, (found,), ())
    export.write(tmp_path / "t.csv", export.table(data, collection, Config()))
    read = pd.read_csv(tmp_path / "t.csv")
    np.testing.assert_array_equal(read[export.columns(Config())].to_numpy(np.float32), numbers)
    assert read[["start", "stop"]].drop_duplicates().values.tolist() == [[5, 900]]
    assert read["clip"].unique().tolist() == ["a/b.avi"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", shape.ORDERS)
def test_58_different_names(kind, order):
    names = export.columns(Config().replace(interest_vector=kind, cell_order=order))
    assert len(names) == len(set(names)) == 58
    assert all(re.fullmatch("[a-z0-9_]+", name) for name in names)


@pytest.mark.parametrize("order", shape.ORDERS)
def test_a_cell_has_the_name_of_its_row_and_column(order):
    names = export.columns(Config().replace(cell_order=order))[SHAPE]
    for row in range(4):
        for column in range(4):
            mask = np.zeros((40, 80), bool)
            mask[10 * row : 10 * row + 10, 20 * column : 20 * column + 20] = True
            cells = shape.grid(mask, "frame", "any", order)
            (only,) = np.flatnonzero(cells)
            assert names[only] == f"shape_row{row + 1}_column{column + 1}"


def test_coverage_is_named_by_its_axis():
    names = export.columns(Config())[COVERAGE]
    wide = stip.Points(*np.array([[0, 0], [5, 5], [3, 43]]), np.ones(2), np.ones((2, 6)))
    assert dict(zip(names, coverage.coverage(wide, (50, 80)).tolist(), strict=True)) == {
        "coverage_x": 0.5,
        "coverage_y": 0.0,
    }


def test_jets_and_moments_are_named_by_their_derivatives():
    """A clip that is a polynomial has known derivatives: only these columns differ from zero."""
    t, y, x = np.meshgrid(np.arange(41.0), np.arange(61.0), np.arange(61.0), indexing="ij")
    here = stip.Points(*np.array([[20], [30], [30]]), np.ones(1), np.arange(6.0)[None] ** 2)
    names = export.columns(Config())[INTEREST]
    for clip, column in [
        ((x - 30) ** 2 / 2, "jet_xx"),
        ((y - 30) * (t - 20), "jet_yt"),
        ((x - 30) * (y - 30) * (t - 20) ** 2 / 2, "jet_xytt"),
    ]:
        vector = vectors.interest_vector(here, stip.jets(clip, here))
        jets = dict(zip(names[:34], vector[:34].tolist(), strict=True))
        assert max(jets, key=lambda name: jets[name]) == column
    assert names[34:] == [f"moment_{name}" for name in ("xx", "xy", "xt", "yy", "yt", "tt")]
    np.testing.assert_allclose(vector[34:], np.arange(6))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("jets", "responses_2d")])
def test_what_points_contribute_is_named_by_what_it_is(kind):
    points = stip.Points(
        t=np.array([13, 12]),
        y=np.array([30, 60]),
        x=np.array([20, 40]),
        response=np.array([8.0, 5.0]),
        second_moments=np.ones((2, 6)),
        scale=np.array([[4.0, 2.0], [8.0, 3.0]]),
    )
    vector = vectors.interest_vector(
        points, np.ones((2, 34)), kind=kind, frame=10, frame_shape=(120, 80)
    )
    expected = {
        "x": [0.25, 0.5],
        "y": [0.25, 0.5],
        "t": [3, 2],
        "response": np.log1p([8.0, 5.0]),
        "spatial_variance": [4, 8],
        "temporal_variance": [2, 3],
    }
    names = export.columns(Config().replace(interest_vector=kind))[INTEREST]
    for name, value in zip(names, vector.tolist(), strict=True):
        what, _, number = name.rpartition("_")
        wanted = expected[what][int(number) - 1] if int(number) <= 2 else 0.0
        assert value == pytest.approx(wanted), name


def test_the_default_place_and_what_is_refused(root, tmp_path, capsys):
    words = ("export", "--dataset", "folder", "--data-root", root, "--jobs", 1)
    assert har(*words, *SKIP) == 0
    (table,) = (tmp_path / "build" / "data").glob("set-*/features.csv")
    assert f"of 4 clips are in {table}" in capsys.readouterr().out
    assert har("export", root, "--output", tmp_path / "folder") == 2
    assert "name a file that ends in .csv" in capsys.readouterr().err


def test_a_table_that_cannot_be_written_is_refused_before_a_clip_is_decoded(
    root, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(video, "decoded", lambda *words: pytest.fail("a clip was decoded"))
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").write_text("mine")
    for target, said in (
        (tmp_path / "folder.csv", "folder.csv: is a folder; name a file"),
        (tmp_path / "file" / "t.csv", "file: cannot be written"),
    ):
        assert har("export", root, "--output", target) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert said in line
    assert (tmp_path / "file").read_text() == "mine"


def test_export_lists_what_it_skips_beside_its_table_and_touches_no_other_list(
    root, tmp_path, capsys
):
    mine = tmp_path / "failures.csv"
    mine.write_text("mine")
    table = tmp_path / "t.csv"
    assert har("export", root, "--output", table, *SKIP) == 0
    out = capsys.readouterr().out
    assert out.count("not used: ") == 1
    assert f"listed in {tmp_path / 't.failures.csv'}" in out
    assert pd.read_csv(tmp_path / "t.failures.csv")["clip"].tolist() == ["g3.avi"]
    assert mine.read_text() == "mine"
    # The list's own name is free for a table.
    assert har("export", root, "--output", mine, *SKIP) == 0
    assert len(pd.read_csv(mine)) == len(pd.read_csv(table))
    assert (tmp_path / "failures.failures.csv").is_file()


def test_each_clip_that_cannot_be_read_is_tried_once(root, tmp_path, capsys, monkeypatch):
    tried = []

    def counted(path, inspect=integrity.inspect):
        tried.append(path.name)
        return inspect(path)

    monkeypatch.setattr(integrity, "inspect", counted)
    for name in ("g3.avi", "g4.avi"):
        (root / "walk" / name).write_text(f"not a video {name}")
    groups = root / "groups.csv"
    groups.write_text(groups.read_text() + "walk/g4.avi,g4\n")
    assert har("export", root, "--jobs", 1, "--output", tmp_path / "t.csv", *SKIP) == 0
    assert sorted(tried)[-2:] == ["g3.avi", "g4.avi"]
    assert len(tried) == 6
    assert capsys.readouterr().err.count("features:   0%") == 1


def test_the_table_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    def full(self, path, **settings):
        Path(path).write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(OSError, match="No space left"):
        export.write(tmp_path / "t.csv", pd.DataFrame())
    assert os.listdir(tmp_path) == []
