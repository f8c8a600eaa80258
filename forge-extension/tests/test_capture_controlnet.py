"""Units of ControlNet (forge-reference 4.4), against `get_input_data` of Forge's controlnet.py."""

from enum import Enum

import numpy
import pytest

from support.screens import as_array, colour, controlnet, drawing, img2img, txt2img, unit

PHOTO = as_array(colour(64, 32, (10, 20, 30, 255)))
EMPTY = as_array(drawing(64, 32, None))
BOX = (10, 5, 30, 20)
DRAWN = as_array(drawing(64, 32, BOX))
CANNY = {"enabled": True, "module": "canny", "model": "control_canny [0123abcd]", "image": PHOTO}

PLAIN = {
    "enabled": True,
    "module": "canny",
    "model": "control_canny [0123abcd]",
    "weight": 1.0,
    "resize_mode": "Crop and Resize",
    "control_mode": "Balanced",
    "hr_option": "Both",
    "processor_res": -1,
    "threshold_a": -1,
    "threshold_b": -1,
    "guidance_start": 0.0,
    "guidance_end": 1.0,
    "pixel_perfect": False,
    "save_detected_map": True,
}


def box_mask():
    mask = numpy.zeros((32, 64), numpy.uint8)
    mask[BOX[1] : BOX[3], BOX[0] : BOX[2]] = 255
    return mask


def first(params_of, **changes):
    params = params_of(txt2img(controlnet(unit(**{**CANNY, **changes}))))
    return params["alwayson_scripts"]["ControlNet"]["args"][0]


def test_a_unit_goes_along_with_every_field_and_its_picture_as_it_is(params_of):
    found = first(params_of)
    picture = found.pop("image")
    assert found == PLAIN
    assert numpy.array_equal(numpy.asarray(picture.image), PHOTO)
    assert picture.role == "image of ControlNet Unit 0"


class HrOption(Enum):
    HIGH = "High res only"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"weight": 0.35}, {"weight": 0.35}),
        ({"processor_res": 768}, {"processor_res": 768}),
        ({"processor_res": 768.0}, {"processor_res": 768}),
        ({"processor_res": -0.5}, {"processor_res": -1}),
        # reference_only has no resolution: Forge's page holds what its hidden slider says.
        ({"processor_res": 0.5}, {"processor_res": 0.5}),
        ({"threshold_a": 100, "threshold_b": 200.5}, {"threshold_a": 100, "threshold_b": 200.5}),
        (
            {"guidance_start": 0.2, "guidance_end": 0.8},
            {"guidance_start": 0.2, "guidance_end": 0.8},
        ),
        ({"pixel_perfect": True}, {"pixel_perfect": True}),
        ({"save_detected_map": False}, {"save_detected_map": False}),
        ({"resize_mode": "Just Resize"}, {"resize_mode": "Just Resize"}),
        ({"resize_mode": 2}, {"resize_mode": "Resize and Fill"}),
        ({"resize_mode": "Inner Fit (Scale to Fit)"}, {"resize_mode": "Crop and Resize"}),
        (
            {"control_mode": "My prompt is more important"},
            {"control_mode": "My prompt is more important"},
        ),
        ({"control_mode": 2}, {"control_mode": "ControlNet is more important"}),
        ({"hr_option": HrOption.HIGH}, {"hr_option": "High res only"}),
        (
            {"module": "reference_only", "model": "None"},
            {"module": "reference_only", "model": "None"},
        ),
    ],
)
def test_each_field_of_a_unit_goes_along(params_of, changes, expected):
    found = first(params_of, **changes)
    assert {name: found[name] for name in expected} == expected


def test_units_keep_their_places_and_none_stands_behind_the_last_that_is_on(params_of):
    screen = txt2img(controlnet(unit(), unit(**CANNY), unit(model="x")))
    entry = params_of(screen)["alwayson_scripts"]["ControlNet"]
    assert entry["args"][0] == {"enabled": False}
    assert [one["enabled"] for one in entry["args"]] == [False, True]
    assert len(entry["arg_labels"]) == 2


def test_units_that_are_all_off_are_left_out_whatever_they_hold(params_of):
    off = unit(**{**CANNY, "enabled": False, "weight": 9, "input_mode": "batch"})
    assert "alwayson_scripts" not in params_of(txt2img(controlnet(off, unit())))


def test_a_unit_may_come_as_a_dict(params_of):
    screen = txt2img(controlnet(vars(unit(**CANNY))))
    args = params_of(screen)["alwayson_scripts"]["ControlNet"]["args"]
    assert args[0].keys() == {*PLAIN, "image"}


def test_a_drawing_on_an_empty_canvas_is_the_picture_and_its_own_mask(params_of):
    found = first(params_of, image=EMPTY, image_fg=DRAWN)
    assert found["image"].image.mode == "RGB"
    expected = numpy.stack([box_mask()] * 3, axis=2)
    assert numpy.array_equal(numpy.asarray(found["image"].image), expected)
    assert numpy.array_equal(numpy.asarray(found["mask_image"].image), box_mask())


def test_a_black_picture_that_is_not_empty_keeps_what_tells_it_apart(params_of):
    black = as_array(colour(64, 32, (0, 0, 0, 255)))
    picture = first(params_of, image=black, image_fg=DRAWN)["image"].image
    assert (picture.mode, picture.getextrema()[3]) == ("RGBA", (255, 255))


def test_an_empty_canvas_is_white_paper_as_on_the_page(params_of):
    picture = first(params_of, image=EMPTY, image_fg=EMPTY)["image"].image
    assert (picture.mode, picture.getextrema()) == ("RGB", ((255, 255),) * 3)


MASK = as_array(colour(64, 32, (255, 255, 255, 255)))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"image_fg": EMPTY}, None),
        ({"image_fg": DRAWN}, box_mask()),
        ({"mask_image": MASK}, MASK),
        ({"mask_image": MASK, "image_fg": DRAWN}, MASK),
        ({"mask_image": MASK, "mask_image_fg": EMPTY}, MASK),
        ({"mask_image": MASK, "mask_image_fg": DRAWN}, box_mask()),
        ({"mask_image": EMPTY}, None),
        ({"mask_image": EMPTY, "image_fg": DRAWN}, box_mask()),
        ({"image_fg": as_array(drawing(64, 32, BOX, alpha=5))}, None),
    ],
)
def test_the_mask_is_the_first_that_holds_something(params_of, changes, expected):
    found = first(params_of, **changes)
    if expected is None:
        assert "mask_image" not in found
    else:
        assert numpy.array_equal(numpy.asarray(found["mask_image"].image), expected)


def test_a_preview_that_is_used_as_input_goes_along_without_its_preprocessor(params_of):
    preview = as_array(colour(64, 32, (200, 0, 0, 255)))
    found = first(params_of, use_preview_as_input=True, generated_image=preview, image_fg=DRAWN)
    assert found["module"] == "None"
    assert numpy.array_equal(numpy.asarray(found["image"].image), preview)
    assert numpy.array_equal(numpy.asarray(found["mask_image"].image), box_mask())


def test_a_preview_that_is_not_there_leaves_the_picture(params_of):
    found = first(params_of, use_preview_as_input=True)
    assert found["module"] == "None"
    assert numpy.array_equal(numpy.asarray(found["image"].image), PHOTO)


def test_in_img2img_a_unit_without_a_picture_takes_the_input_and_its_mask(params_of):
    bare = unit(**{**CANNY, "image": None, "mask_image": MASK})
    screen = img2img(controlnet(bare), init_img=colour(64, 64, (1, 2, 3)))
    found = params_of(screen)["alwayson_scripts"]["ControlNet"]["args"][0]
    assert found == PLAIN


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"image": None}, "it has no picture: load one, or switch the unit off"),
        (
            {"image": EMPTY, "image_fg": None},
            "its picture is empty: draw something or load one, or switch the unit off",
        ),
        ({"model": "None"}, "it has no model: choose one, or switch the unit off"),
        ({"model": None}, "it has no model: choose one, or switch the unit off"),
        (
            {"input_mode": "batch"},
            'batch folders and several pictures cannot be queued: use "Single Image", and queue '
            "each as a job of its own",
        ),
        (
            {"input_mode": "merge"},
            'batch folders and several pictures cannot be queued: use "Single Image", and queue '
            "each as a job of its own",
        ),
        (
            {"guidance_start": 0.9, "guidance_end": 0.1},
            "the start of its Timestep Range lies behind the end: exchange them",
        ),
    ],
)
def test_what_a_unit_cannot_have_is_told_by_its_number(reasons_of, changes, what):
    screen = txt2img(controlnet(unit(), unit(**{**CANNY, **changes})))
    assert reasons_of(screen) == (f"ControlNet Unit 1: {what}.",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"weight": 3}, "ControlNet Unit 0, Control Weight is 3: set it from 0 to 2."),
        (
            {"processor_res": 5000},
            "ControlNet Unit 0, Preprocessor resolution is 5000: set it from -1 to 4096.",
        ),
        (
            {"control_mode": "x"},
            "ControlNet Unit 0, Control Mode is x: choose one of Balanced, My prompt is more "
            "important, ControlNet is more important.",
        ),
    ],
)
def test_a_number_or_choice_out_of_range_is_told_by_its_label(reasons_of, changes, reason):
    assert reasons_of(txt2img(controlnet(unit(**{**CANNY, **changes})))) == (reason,)


def test_units_that_could_not_be_read_are_refused(reasons_of):
    script = controlnet(unit())
    screen = txt2img(type(script)(**{**vars(script), "uncaptured": "TypeError"}))
    assert reasons_of(screen) == (
        "ControlNet could not be read (TypeError): switch the script off.",
    )
