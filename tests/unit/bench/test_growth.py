"""The picture, read back as the XML that it is."""

from xml.etree import ElementTree as ET

import pytest

from tests.bench.fleet.growth import Panel, fraction, picture

SVG = "{http://www.w3.org/2000/svg}"
LINES = {"operator & co": {10: 0.9, 100: 9.0, 1000: 90.0}, "floor": {10: 0.8, 100: 8.0, 1000: 80.0}}


def points(svg: str) -> list[list[tuple[float, float]]]:
    """The lines of a picture."""
    drawn = ET.fromstring(svg).iter(f"{SVG}polyline")  # noqa: S314 - made by the function under test
    return [
        [(float(x), float(y)) for x, y in (point.split(",") for point in line.get("points", "").split())]
        for line in drawn
    ]


def test_what_grows_in_proportion_is_a_straight_line() -> None:
    first, second, third = points(picture([Panel("Seconds", "s", LINES)]))[0]
    assert second[0] - first[0] == pytest.approx(third[0] - second[0], abs=0.2)
    assert first[1] - second[1] == pytest.approx(second[1] - third[1], abs=0.2)
    assert first[1] > third[1]


def test_every_line_of_every_panel_is_drawn_and_named() -> None:
    svg = picture([Panel("Seconds", "s", LINES), Panel("CPU", "ms", {"operator & co": {10: 5.0, 100: 5.0}})])
    assert len(points(svg)) == 3
    texts = [text.text for text in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - as above
    assert {"Seconds", "CPU", "operator & co", "floor", "1,000"} <= set(texts)


def test_a_single_run_is_drawn_too() -> None:
    [[point]] = points(picture([Panel("Seconds", "s", {"operator": {10: 1.0}})]))
    assert all(value == value for value in point)  # noqa: PLR0124 - not NaN


def test_fractions_go_by_the_logarithm() -> None:
    assert fraction(10, 1, 100) == pytest.approx(0.5)
    assert fraction(5, 5, 5) == 0.5
