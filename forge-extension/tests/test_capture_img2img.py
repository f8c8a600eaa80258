"""Input pictures and masks of img2img (forge-reference 4.5), against Forge's modules/img2img.py."""

import numpy
import pytest
from PIL import Image

from mobilesd_queue.capture.picture import Picture
from support.screens import colour, drawing, img2img

PHOTO = colour(100, 60, (10, 20, 30, 255))
BOX = (20, 20, 60, 40)


def pixels(picture):
    assert isinstance(picture, Picture)
    return numpy.asarray(picture.image)


def box_mask(box, width=100, height=60):
    mask = numpy.zeros((height, width), numpy.uint8)
    mask[box[1] : box[3], box[0] : box[2]] = 255
    return mask


def part(params_of, **values):
    return params_of(img2img(**values))["img2img"]


def test_the_first_tab_hands_over_its_picture_as_it_is(params_of):
    params = params_of(img2img(init_img=PHOTO))
    assert (params["width"], params["height"]) == (512, 512)
    found = params["img2img"]
    assert found.pop("init_image").image is PHOTO
    assert found == {"denoising_strength": 0.75, "resize_mode": 0, "image_cfg_scale": 1.5}


def test_a_sketch_is_laid_over_its_picture(params_of):
    found = part(params_of, mode=1, sketch=PHOTO, sketch_fg=drawing(100, 60, BOX, alpha=128))
    expected = Image.alpha_composite(PHOTO, drawing(100, 60, BOX, alpha=128))
    assert numpy.array_equal(pixels(found["init_image"]), numpy.asarray(expected))
    assert "mask" not in found


def test_a_sketch_without_a_drawing_is_its_picture(params_of):
    found = part(params_of, mode=1, sketch=PHOTO)
    assert numpy.array_equal(pixels(found["init_image"]), numpy.asarray(PHOTO))


@pytest.mark.parametrize(("alpha", "is_painted"), [(255, True), (129, True), (128, False)])
def test_a_painted_mask_is_the_drawing_from_half_its_strength(
    params_of, reasons_of, alpha, is_painted
):
    layer = drawing(100, 60, BOX, alpha=alpha)
    values = {"mode": 2, "init_img_with_mask": PHOTO, "init_img_with_mask_fg": layer}
    if not is_painted:
        assert "The mask is empty" in reasons_of(img2img(**values))[0]
        return
    found = part(params_of, **values)
    assert found["init_image"].image is PHOTO
    assert found["mask"].image.mode == "L"
    assert numpy.array_equal(pixels(found["mask"]), box_mask(BOX))


def test_an_inpaint_sketch_widens_its_mask_and_shows_its_drawing(params_of):
    photo, layer = colour(400, 200, (1, 2, 3, 255)), drawing(400, 200, (100, 50, 200, 100))
    found = part(params_of, mode=3, inpaint_color_sketch=photo, inpaint_color_sketch_fg=layer)
    shown = Image.alpha_composite(photo, layer)
    assert numpy.array_equal(pixels(found["init_image"]), numpy.asarray(shown))
    # 1.5 % of the shorter side, 200, in each direction.
    assert numpy.array_equal(pixels(found["mask"]), box_mask((97, 47, 203, 103), 400, 200))


def test_an_uploaded_mask_goes_by_its_brightness(params_of):
    mask = Image.new("RGBA", (100, 60), (0, 0, 0, 255))
    mask.paste((140, 140, 140, 255), BOX)
    mask.paste((120, 120, 120, 255), (0, 0, 10, 10))
    found = part(params_of, mode=4, init_img_inpaint=PHOTO, init_mask_inpaint=mask)
    assert numpy.array_equal(pixels(found["mask"]), box_mask(BOX))


def test_an_uploaded_mask_with_transparency_goes_by_that(params_of):
    mask = drawing(100, 60, BOX)
    found = part(params_of, mode=4, init_img_inpaint=PHOTO, init_mask_inpaint=mask)
    assert numpy.array_equal(pixels(found["mask"]), box_mask(BOX))


def test_an_inpaint_upload_without_a_mask_is_plain_img2img(params_of):
    found = part(params_of, mode=4, init_img_inpaint=PHOTO)
    assert found["init_image"].image is PHOTO
    assert "mask" not in found


def test_other_tabs_pictures_stay_at_home(params_of):
    found = part(params_of, init_img=PHOTO, sketch=PHOTO, init_img_with_mask_fg=PHOTO)
    assert found["init_image"].image is PHOTO
    assert "mask" not in found


TABS = ["img2img", "Sketch", "Inpaint", "Inpaint sketch", "Inpaint upload"]


@pytest.mark.parametrize(("mode", "tab"), list(enumerate(TABS)))
def test_a_tab_without_a_picture_is_refused_by_name(reasons_of, mode, tab):
    assert reasons_of(img2img(mode=mode)) == (
        f'There is no picture in the tab "{tab}" of img2img: load one first.',
    )


def test_batch_folders_are_refused_with_what_to_do(reasons_of):
    assert reasons_of(img2img(mode=5)) == (
        "Batch folders cannot be queued: choose another tab of img2img, and queue each picture as "
        "a job of its own.",
    )


def test_a_drawing_of_another_size_is_refused(reasons_of):
    screen = img2img(mode=1, sketch=PHOTO, sketch_fg=drawing(99, 60, BOX))
    assert reasons_of(screen) == (
        'The drawing in the tab "Sketch" does not fit its picture: remove the picture, load it '
        "again and draw anew.",
    )


def test_a_picture_is_turned_as_its_camera_says(params_of):
    photo = colour(40, 20, (9, 9, 9))
    photo.getexif()[0x0112] = 6
    found = part(params_of, mode=4, init_img_inpaint=photo)
    assert found["init_image"].image.size == (20, 40)


def test_a_picture_with_a_palette_gets_channels(params_of):
    found = part(params_of, init_img=colour(40, 20, (9, 9, 9)).convert("P"))
    assert found["init_image"].image.mode == "RGB"


PAINTED = {
    "mode": 2,
    "init_img_with_mask": PHOTO,
    "init_img_with_mask_fg": drawing(100, 60, BOX),
}


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({}, "mask_blur", 4),
        ({"mask_blur": 9}, "mask_blur", 9),
        ({"inpainting_fill": 0}, "inpainting_fill", 0),
        ({"inpainting_fill": "latent noise"}, "inpainting_fill", 2),
        ({}, "inpaint_full_res", False),
        ({"inpaint_full_res": 1}, "inpaint_full_res", True),
        ({"inpaint_full_res": True}, "inpaint_full_res", True),
        ({"inpaint_full_res": "Only masked"}, "inpaint_full_res", True),
        ({"inpaint_full_res_padding": 64}, "inpaint_full_res_padding", 64),
        ({"inpainting_mask_invert": 1}, "inpainting_mask_invert", 1),
        ({"denoising_strength": 0.3}, "denoising_strength", 0.3),
        ({"image_cfg_scale": 2.5}, "image_cfg_scale", 2.5),
        ({"resize_mode": 3}, "resize_mode", 3),
        ({"resize_mode": "Crop and resize"}, "resize_mode", 1),
    ],
)
def test_each_input_of_img2img_fills_its_field(params_of, changes, field, expected):
    value = part(params_of, **PAINTED, **changes)[field]
    assert value == expected
    assert type(value) is type(expected)


def test_fields_of_the_mask_go_along_only_with_a_mask(params_of):
    assert "mask_blur" not in part(params_of, init_img=PHOTO, mask_blur=9)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"denoising_strength": 1.5}, "Denoising strength is 1.5: set it from 0 to 1."),
        ({"mask_blur": 65}, "Mask blur is 65: set it from 0 to 64."),
        (
            {"inpaint_full_res_padding": 300},
            "Only masked padding, pixels is 300: set it from 0 to 256.",
        ),
        (
            {"inpainting_fill": 4},
            "Masked content is 4: choose one of fill, original, latent noise, latent nothing.",
        ),
        ({"image_cfg_scale": 101}, "Image CFG Scale is 101: set it from 0 to 100."),
        (
            {"init_img_with_mask_fg": drawing(100, 60, None)},
            "The mask is empty, so nothing would be repainted: paint over what is to change, or "
            'use the tab "img2img".',
        ),
        (
            {"init_img_with_mask_fg": None},
            "The mask is empty, so nothing would be repainted: paint over what is to change, or "
            'use the tab "img2img".',
        ),
        (
            {
                "init_img_with_mask_fg": drawing(100, 60, (0, 0, 100, 60)),
                "inpainting_mask_invert": 1,
            },
            'The mask covers the whole picture and "Mask mode" is "Inpaint not masked": nothing '
            "would be repainted. Leave something unpainted.",
        ),
        (
            {"init_img_with_mask_fg": drawing(50, 30, (0, 0, 9, 9)), "inpaint_full_res": 1},
            'The mask has 50x30 pixels, the picture 100x60: for "Only masked" both need the same '
            "size.",
        ),
    ],
)
def test_what_img2img_cannot_have_is_told(reasons_of, changes, reason):
    assert reasons_of(img2img(**{**PAINTED, **changes})) == (reason,)


def test_an_empty_mask_inverted_repaints_everything(params_of):
    changes = {"init_img_with_mask_fg": drawing(100, 60, None), "inpainting_mask_invert": 1}
    assert not pixels(part(params_of, **{**PAINTED, **changes})["mask"]).any()


@pytest.mark.parametrize(
    ("scale", "size"), [(1.0, (512, 296)), (1.5, (768, 448)), (0.25, (128, 72)), (2, (1024, 600))]
)
def test_resize_by_takes_the_size_from_the_picture(params_of, scale, size):
    photo = colour(512, 300, (1, 2, 3))
    params = params_of(img2img(init_img=photo, selected_scale_tab=1, scale_by=scale, width=999))
    assert (params["width"], params["height"]) == size


def test_resize_by_of_a_sketch_takes_the_sketchs_size(params_of):
    values = {"mode": 1, "sketch": colour(800, 400, (1, 2, 3, 255)), "selected_scale_tab": 1}
    params = params_of(img2img(**values, init_img=PHOTO))
    assert (params["width"], params["height"]) == (800, 400)


@pytest.mark.parametrize(
    ("scale", "reason"),
    [
        (
            0.5,
            '"Resize by" 0.5 makes a picture of 48x24: change it, so that each side has 64 to 4096 '
            "pixels.",
        ),
        (
            50,
            '"Resize by" 50 makes a picture of 5000x3000: change it, so that each side has 64 to '
            "4096 pixels.",
        ),
        (None, '"Scale" of "Resize by" is empty: set it from 0.01 to 100.'),
    ],
)
def test_resize_by_to_a_size_that_no_job_can_have_is_told(reasons_of, scale, reason):
    assert reason in reasons_of(img2img(init_img=PHOTO, selected_scale_tab=1, scale_by=scale))


def test_resize_by_without_a_picture_asks_for_the_picture_alone(reasons_of):
    assert len(reasons_of(img2img(selected_scale_tab=1, width=513))) == 1
