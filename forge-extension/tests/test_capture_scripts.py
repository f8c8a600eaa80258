"""Selectable and always-on scripts and the values of their arguments (forge-reference 4.4)."""

from dataclasses import replace
from enum import Enum
from pathlib import Path
from types import SimpleNamespace

import numpy
import pytest

from mobilesd_queue.capture.picture import Picture
from mobilesd_queue.capture.values import NotTransferable, is_same, serialise
from support.screens import (
    adetailer,
    alwayson,
    as_array,
    colour,
    detailer_unit,
    freeu,
    img2img,
    txt2img,
)


class Mode(Enum):
    FAST = "fast"


class Plain:
    def __init__(self, value):
        self.value = value


def scripts(params_of, *given, **values):
    return params_of(txt2img(*given, **values)).get("alwayson_scripts", {})


def test_a_script_that_is_as_by_default_is_left_out(params_of):
    assert scripts(params_of, freeu(on=False)) == {}


def test_a_changed_script_goes_along_whole_with_its_fingerprint(params_of):
    title = "FreeU Integrated (SD 1.x, SD 2.x, SDXL)"
    assert scripts(params_of, freeu(on=True)) == {
        title: {
            "args": [True, 1.01, 1.02, 0.99, 0.95, 0.0, 1.0],
            "arg_labels": [title, "B1", "B2", "S1", "S2", "Start step", "End step"],
        }
    }


def test_a_script_of_unknown_defaults_always_goes_along(params_of):
    found = scripts(params_of, alwayson("X", [False, 1], None))
    assert found["X"]["args"] == [False, 1]


def test_a_script_without_arguments_is_left_out(params_of):
    assert scripts(params_of, alwayson("MobileSD Queue", [], [])) == {}


def test_a_script_with_one_argument_more_than_its_defaults_goes_along(params_of):
    assert scripts(params_of, alwayson("X", [False, 1], [False]))["X"]["args"] == [False, 1]


def test_labels_are_cut_and_as_many_as_the_arguments(params_of):
    script = alwayson("X", [True, 1, 2], [False, 1, 2], labels=["a" * 600, None])
    assert scripts(params_of, script)["X"]["arg_labels"] == ["a" * 500, None, None]


def test_page_only_scripts_never_go_along(params_of):
    changed = [alwayson(title, [1], [2], kind="builtin") for title in ("Refiner", "REFINER")]
    assert scripts(params_of, replace(changed[1], fields={})) == {}


def test_another_page_only_script_is_refused_once_it_is_changed(params_of, reasons_of):
    as_is = alwayson("MaHiRo", [False], [False], kind="builtin")
    assert scripts(params_of, as_is) == {}
    assert reasons_of(txt2img(replace(as_is, values=(True,)))) == (
        "MaHiRo works on Forge's own page only and cannot be queued: set it back.",
    )


def test_a_script_that_could_not_be_read_is_refused_unless_it_is_off(params_of, reasons_of):
    script = alwayson("X", [True], [True], uncaptured="ValueError in its builder")
    assert reasons_of(txt2img(script)) == (
        "X could not be read (ValueError in its builder): switch the script off.",
    )
    assert scripts(params_of, replace(script, values=(False,))) == {}


def test_of_two_scripts_of_one_name_the_first_goes_along(params_of, reasons_of):
    first, second = alwayson("X", [1], [0]), alwayson("x", [2], [0])
    assert scripts(params_of, first, replace(second, values=(0,)))["X"]["args"] == [1]
    assert reasons_of(txt2img(first, second)) == (
        "There are two scripts called x, and only the first can be queued: switch the second off.",
    )


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (object(), "holds a object, which only Forge can read"),
        ("/home/me/poses", "names a folder or an address"),
        ("https://example.org/x.png", "names a folder or an address"),
        (float("inf"), "is not a finite number"),
        (b"x", "holds a bytes, which only Forge can read"),
        ("a\0", "holds characters that cannot be stored"),
        ({"upload_id": "x"}, "has a part called upload_id, which means a picture to the queue"),
    ],
)
def test_what_cannot_be_carried_over_is_told_by_script_and_argument(reasons_of, value, why):
    script = alwayson("X", [True, value], [False, None], labels=["Enable", "Folder"])
    assert reasons_of(txt2img(script)) == (
        f'X: its argument "Folder" {why}. Change that, or switch the script off.',
    )


def test_a_script_that_is_off_may_hold_what_cannot_be_carried_over(params_of):
    script = alwayson("X", [False, "/home/me/poses"], [False, ""])
    assert scripts(params_of, script) == {}


def test_an_untouched_script_may_hold_what_cannot_be_carried_over(params_of):
    assert scripts(params_of, alwayson("X", ["/home/me/poses"], ["/home/me/poses"])) == {}


def test_too_many_scripts_are_refused(reasons_of):
    many = [alwayson(f"S{at}", [1], [0]) for at in range(33)]
    assert reasons_of(txt2img(*many)) == ("33 scripts are switched on or changed: leave 32.",)


def test_too_many_arguments_are_refused(reasons_of):
    reasons = reasons_of(txt2img(alwayson("X", [1] * 513, None)))
    assert reasons == ("X has more than 512 arguments: switch the script off.",)


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


UNIT = detailer_unit(ad_model="face_yolov8n.pt")


def test_adetailer_goes_along_with_its_units(params_of):
    found = scripts(params_of, adetailer(True, UNIT, detailer_unit()))["ADetailer"]
    assert found["args"][:2] == [True, False]
    assert found["args"][2] == {**UNIT, "is_api": []}
    assert found["arg_labels"] == ["Enable ADetailer", "Skip img2img", None, None]


@pytest.mark.parametrize(
    "script",
    [
        adetailer(False, UNIT),
        adetailer(True, detailer_unit(ad_prompt="x")),
        adetailer(True, detailer_unit(ad_model="face_yolov8n.pt", ad_tab_enable=False)),
        adetailer(False, UNIT, uncaptured="ValueError"),
    ],
)
def test_adetailer_that_would_do_nothing_is_left_out(params_of, script):
    assert scripts(params_of, script) == {}


UPSCALE = alwayson(
    "SD upscale", [None, 64, "None", 2.0], None, kind="selectable", labels=[None, "Tile", "U", "S"]
)


def test_the_chosen_script_goes_along_whole(params_of):
    params = params_of(txt2img(selected=UPSCALE))
    assert params["script"] == {
        "name": "SD upscale",
        "args": [None, 64, "None", 2.0],
        "arg_labels": [None, "Tile", "U", "S"],
    }


def test_a_chosen_script_that_is_as_by_default_goes_along_all_the_same(params_of):
    script = alwayson("Loopback", [2], [2], kind="selectable")
    screen = img2img(selected=script, init_img=colour(64, 64, (1, 2, 3)))
    assert params_of(screen)["script"]["args"] == [2]


def test_scripts_that_are_not_chosen_stay_at_home(params_of):
    params = params_of(txt2img(replace(UPSCALE, values=(1, 2, 3, 4))))
    assert params == params_of(txt2img())


def test_a_chosen_script_decides_how_many_pictures_there_are(params_of):
    assert params_of(txt2img(selected=UPSCALE, n_iter=16, batch_size=16))["n_iter"] == 16


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        (
            "X/Y/Z plot",
            "X/Y/Z plot cannot be queued, as it makes many pictures in one run: "
            'set "Script" to None and queue its pictures as jobs of their own.',
        ),
        (
            "Prompts from file or textbox",
            "Prompts from file or textbox cannot be queued, as its lines say where files go: "
            'set "Script" to None and queue each prompt as a job of its own.',
        ),
    ],
)
def test_scripts_that_no_queue_runs_are_refused_with_what_to_do(reasons_of, title, reason):
    assert reasons_of(txt2img(selected=replace(UPSCALE, title=title))) == (reason,)


def test_a_chosen_script_that_cannot_be_carried_over_is_refused(reasons_of):
    script = replace(UPSCALE, values=(False, "C:\\x", "None", 2.0))
    assert reasons_of(txt2img(selected=script)) == (
        'SD upscale: its argument "Tile" names a folder or an address. '
        'Change that, or set "Script" to None.',
    )
    broken = replace(UPSCALE, uncaptured="KeyError")
    assert reasons_of(txt2img(selected=broken)) == (
        'SD upscale could not be read (KeyError): set "Script" to None.',
    )
