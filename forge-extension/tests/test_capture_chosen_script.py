"""The script chosen under "Script" (forge-reference 4.4)."""

from dataclasses import replace

import pytest

from support.screens import alwayson, colour, img2img, txt2img, upscale_script


def test_the_chosen_script_goes_along_whole(params_of):
    params = params_of(txt2img(selected=upscale_script()))
    assert params["script"] == {
        "name": "SD upscale",
        "args": ["<p>hint</p>", 64, "Lanczos", 2.0],
        "arg_labels": ["", "Tile overlap", "Upscaler", "Scale Factor"],
    }


@pytest.mark.parametrize(
    ("title", "choices", "value", "expected"),
    [
        ("SD upscale", {2: ("None", "Lanczos")}, 0, "None"),
        ("sd upscale", {2: ("None", "Lanczos")}, "Lanczos", "Lanczos"),
        ("SD upscale", {2: ("None", "Lanczos")}, None, None),
        ("SD upscale", {2: ("None", "Lanczos")}, 2, 2),
        ("SD upscale", {1: ("None", "Lanczos")}, 1, 1),
        ("Poor man's outpainting", {2: ("fill", "original")}, 1, 1),
    ],
)
def test_a_place_in_a_list_of_files_is_its_name_where_the_script_takes_one(
    params_of, title, choices, value, expected
):
    values = ("", 64, value, 2.0)
    script = replace(upscale_script(), title=title, choices=choices, values=values)
    assert params_of(txt2img(selected=script))["script"]["args"] == ["", 64, expected, 2.0]


def test_a_chosen_script_that_is_as_by_default_goes_along_all_the_same(params_of):
    script = alwayson("Loopback", [2], [2], kind="selectable")
    screen = img2img(selected=script, init_img=colour(64, 64, (1, 2, 3)))
    assert params_of(screen)["script"]["args"] == [2]


def test_scripts_that_are_not_chosen_stay_at_home(params_of):
    params = params_of(txt2img(replace(upscale_script(), values=(1, 2, 3, 4))))
    assert params == params_of(txt2img())


def test_a_chosen_script_decides_how_many_pictures_there_are(params_of):
    assert params_of(txt2img(selected=upscale_script(), n_iter=16, batch_size=16))["n_iter"] == 16


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
    assert reasons_of(txt2img(selected=replace(upscale_script(), title=title))) == (reason,)


def test_a_chosen_script_that_cannot_be_carried_over_is_refused(reasons_of):
    script = replace(upscale_script(), values=(False, "C:\\x", "None", 2.0))
    assert reasons_of(txt2img(selected=script)) == (
        'SD upscale: its argument "Tile overlap" names a folder or an address. '
        'Change that, or set "Script" to None.',
    )
    broken = replace(upscale_script(), uncaptured="KeyError")
    assert reasons_of(txt2img(selected=broken)) == (
        'SD upscale could not be read (KeyError): set "Script" to None.',
    )
