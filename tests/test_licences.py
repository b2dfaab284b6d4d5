"""The page of licences says of every pinned package what it says of itself."""

import pytest

from book import licences

ROWS = {
    cells[0]: cells[1:]
    for line in licences.PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and len(cells := [cell.strip() for cell in line[1:-1].split("|")]) == 3
}


def test_every_pinned_package_has_its_row() -> None:
    named = {licences.canonicalize_name(line.name) for line in licences.pinned()}
    assert "torch" in named
    assert {"av", "regex", "scikit-image"} <= named
    assert set(ROWS) - {"package", "---"} == named


def test_rows_say_what_the_installed_packages_say() -> None:
    known = [item for item in licences.packages() if item.version]
    assert len(known) > 100
    for item in known:
        version, licence = ROWS[item.name]
        if version:  # else it is for another Python or system than the page was made with
            assert (version, licence) == (item.version, item.licence), item.name
        assert item.licence not in ("", "UNKNOWN"), item.name


def test_versions_are_those_of_the_lock() -> None:
    for line in licences.pinned():
        version, licence = ROWS[licences.canonicalize_name(line.name)]
        assert version or licence.startswith("not installed, only for `"), line.name
        if version and not line.marker and line.specifier:
            assert line.specifier.contains(version), line.name


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("libx264-d6533a8d.so.165", "libx264"),
        ("libgfortran-040039e1-0352e75f.so.5.0.0", "libgfortran"),
        ("libopenblasp-r0-59ffcd50.3.15.so", "libopenblasp-r0"),
        ("libscipy_openblas64_-32a4b2a6.so", "libscipy_openblas64"),
        ("libopencore-amrnb-d72c52e2.so.0.0.5", "libopencore-amrnb"),
    ],
)
def test_a_library_goes_by_its_plain_name(file: str, name: str) -> None:
    assert licences._plain(file) == name


def test_the_page_names_what_is_not_free_to_close() -> None:
    text = licences.PAGE.read_text(encoding="utf-8")
    carried = licences.carried(["av"])
    assert "GNU General Public License" in text
    if carried:  # wheels for Linux; others put theirs elsewhere
        assert f"| av | {', '.join(carried['av'])} |" in text
