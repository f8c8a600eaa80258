"""The values of a script's arguments (forge-reference 4.4)."""

from enum import Enum
from pathlib import Path
from types import SimpleNamespace

import numpy
import pytest

from mobilesd_queue.capture.picture import Picture
from mobilesd_queue.capture.values import NotTransferable, is_same, serialise
from support.screens import as_array, colour


class Mode(Enum):
    FAST = "fast"


class Plain:
    def __init__(self, value):
        self.value = value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (0.5, 0.5),
        ("x", "x"),
        ((), []),
        ((1, (2,)), [1, [2]]),
        ({"a": (1,)}, {"a": [1]}),
        ({1: 2}, {"1": 2}),
        ({"b", "a"}, ["a", "b"]),
        (Mode.FAST, "fast"),
        (numpy.float32(0.5), 0.5),
        (numpy.bool_(True), True),
        (numpy.int64(3), 3),
        (Path("poses"), "poses"),
    ],
)
def test_each_kind_of_value_becomes_json(value, expected):
    found = serialise(value, "picture")
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "value",
    [
        colour(4, 2, (1, 2, 3)),
        as_array(colour(4, 2, (1, 2, 3))),
        as_array(colour(4, 2, (1, 2, 3, 4))),
        numpy.zeros((2, 4), numpy.uint8),
        numpy.zeros((2, 4, 1), numpy.uint8),
        colour(4, 2, (1, 2, 3)).convert("1"),
        colour(4, 2, (1, 2, 3)).convert("CMYK"),
    ],
)
def test_every_picture_in_a_value_is_an_upload(value):
    found = serialise({"background": value, "layers": [value]}, "picture of X")
    for picture in (found["background"], found["layers"][0]):
        assert isinstance(picture, Picture)
        assert (picture.image.size, picture.role) == ((4, 2), "picture of X")
        assert picture.png().startswith(b"\x89PNG")


@pytest.mark.parametrize("value", [numpy.zeros((2, 2), float), numpy.zeros(4, numpy.uint8)])
def test_numbers_in_rows_are_no_picture(value):
    with pytest.raises(NotTransferable):
        serialise(value, "picture")


def test_nesting_ends_where_the_queue_stops_reading():
    value = deep = []
    for _ in range(20):
        deep.append([])
        deep = deep[0]
    with pytest.raises(NotTransferable, match="nested"):
        serialise(value, "picture")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1, 1.0, True),
        (1, True, False),
        ((1, 2), [1, 2], True),
        ([1], [1, 2], False),
        ({"a": (1,)}, {"a": [1]}, True),
        ({"a": 1}, {"b": 1}, False),
        (Mode.FAST, "fast", True),
        ("fast", Mode.FAST, True),
        (None, "", False),
        (colour(2, 2, (1, 2, 3)), colour(2, 2, (1, 2, 3)), True),
        (colour(2, 2, (1, 2, 3)), colour(2, 2, (1, 2, 4)), False),
        (colour(2, 2, (1, 2, 3)), None, False),
        (numpy.zeros(3), numpy.zeros(3), True),
        (numpy.zeros(3), None, False),
        (SimpleNamespace(a=1), SimpleNamespace(a=1), True),
        (Plain(1), Plain(1.0), True),
        (Plain(1), Plain(2), False),
        (Plain(1), SimpleNamespace(a=1), False),
        (numpy.float64(0.5), 0.5, True),
    ],
)
def test_what_means_the_same_is_no_change(one, other, expected):
    assert is_same(one, other) is expected
