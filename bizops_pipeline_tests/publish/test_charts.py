"""Charts as SVG: where points lie, gaps, targets, and text that could end the markup."""

import base64
from xml.etree import ElementTree

from bizops_pipeline.publish.charts import Series, data_uri, svg

NAMES = {"svg": "http://www.w3.org/2000/svg"}


def drawn(series: Series) -> ElementTree.Element:
    return ElementTree.fromstring(svg(series))


def test_points_lie_between_the_lowest_and_the_highest_value() -> None:
    found = drawn(Series("Orders", (0.0, 5.0, 10.0), None, "no_target", "10"))
    lines = found.findall("svg:polyline", NAMES)
    # 228 wide from 6 on, 32 high from 56 up: the middle value is half way.
    assert [line.get("points") for line in lines] == ["6.0,56.0 120.0,40.0 234.0,24.0"]
    assert found.find("svg:line", NAMES) is None


def test_a_period_without_a_value_is_a_gap() -> None:
    found = drawn(Series("Orders", (None, 1.0, None, 1.0, 3.0), None, "no_target", "3"))
    assert [line.get("points") for line in found.findall("svg:polyline", NAMES)] == [
        "63.0,56.0",
        "177.0,56.0 234.0,24.0",
    ]


def test_the_target_is_a_dashed_line_in_the_same_scale() -> None:
    found = drawn(Series("Availability", (0.98, 0.99), 1.0, "off_target", "99.0 %"))
    line = found.find("svg:line", NAMES)
    assert line is not None
    assert line.get("y1") == "24.0"
    assert found.find("svg:polyline", NAMES).get("stroke") == "#cf222e"  # type: ignore[union-attr]


def test_text_is_text_whatever_it_holds() -> None:
    found = drawn(Series("<b>Cost & risk</b>", (), None, "no_value", "–"))
    assert [text.text for text in found.findall("svg:text", NAMES)] == ["<b>Cost & risk</b>", "–"]


def test_a_chart_travels_inside_its_address() -> None:
    address = data_uri("<svg/>")
    assert base64.b64decode(address.removeprefix("data:image/svg+xml;base64,")) == b"<svg/>"
