"""Pictures and amounts of a job."""

import io

import numpy
import pytest
from PIL import Image

from mobilesd_queue.capture.limits import UPLOAD_BYTES_MAX
from mobilesd_queue.capture.picture import Picture, pictures_in, replace_pictures
from mobilesd_queue.capture.png import encode_png
from support.screens import adetailer, alwayson, colour, detailer_unit, img2img, txt2img


def noise(mode, width=31, height=17):
    channels = len(mode)
    shape = (height, width, channels) if channels > 1 else (height, width)
    pixels = numpy.random.default_rng(7).integers(0, 256, shape, numpy.uint8)
    return Image.fromarray(pixels, mode)


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("size", [(31, 17), (1, 1), (1, 9), (9, 1)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_png_has_the_very_pixels(mode, size, small):
    image = noise(mode, *size)
    again = Image.open(io.BytesIO(encode_png(image, small=small)))
    assert (again.mode, again.size) == (mode, size)
    assert numpy.array_equal(numpy.asarray(again), numpy.asarray(image))


@pytest.mark.parametrize("mode", ["1", "P", "LA"])
def test_a_picture_of_another_mode_is_a_png_of_the_same_colours(mode):
    image = noise("LA") if mode == "LA" else noise("RGB").convert(mode)
    again = Image.open(io.BytesIO(Picture(image, "x").png()))
    assert again.mode == "RGBA"
    assert numpy.array_equal(numpy.asarray(again), numpy.asarray(image.convert("RGBA")))


def test_a_picture_that_packs_badly_is_packed_once_more(monkeypatch):
    image = colour(64, 64, (1, 2, 3))
    image.putdata([(at % 7, at % 5, at % 3) for at in range(64 * 64)])
    quick = len(encode_png(image))
    monkeypatch.setattr("mobilesd_queue.capture.picture.UPLOAD_BYTES_MAX", quick - 1)
    assert len(Picture(image, "x").png()) < quick


def test_a_png_tells_nothing_of_where_the_picture_comes_from():
    image = noise("RGB")
    image.info.update(parameters="secret", icc_profile=b"profile", transparency=(1, 2, 3))
    image.getexif()[0x0112] = 6
    again = Image.open(io.BytesIO(Picture(image, "x").png()))
    assert (again.info, dict(again.getexif()), again.size) == ({}, {}, image.size)


def test_pictures_are_found_and_replaced_wherever_they_stand():
    one, other = Picture(noise("L"), "one"), Picture(noise("L"), "other")
    tree = {"a": one, "b": [1, {"c": other}], "d": (one, "x")}
    assert pictures_in(tree) == [one, other, one]
    replaced = replace_pictures(tree, lambda picture: picture.role)
    assert replaced == {"a": "one", "b": [1, {"c": "other"}], "d": ["one", "x"]}
    assert tree["a"] is one


def test_a_picture_of_too_many_pixels_is_refused_by_its_role(reasons_of):
    screen = img2img(init_img=colour(4001, 4000, (1, 2, 3)))
    assert reasons_of(screen) == (
        "The init image has 4001x4000 pixels: scale it down to 16 megapixels.",
    )


@pytest.mark.parametrize("mode", ["RGB", "LA"])
def test_a_picture_of_too_many_bytes_is_refused_by_its_role(reasons_of, mode):
    reasons = reasons_of(img2img(init_img=noise(mode, 2900, 2900)))
    assert reasons == ("The init image is larger than 20 MB as PNG: scale it down.",)


def test_a_large_picture_that_packs_well_is_taken(params_of):
    screen = img2img(init_img=colour(3000, 3000, (1, 2, 3)))
    picture = params_of(screen)["img2img"]["init_image"]
    assert len(picture.png()) < UPLOAD_BYTES_MAX


def test_a_large_picture_is_packed_once_and_kept_until_it_is_taken(params_of, monkeypatch):
    packed = []
    module = "mobilesd_queue.capture.picture"
    monkeypatch.setattr(f"{module}.encode_png", lambda image: packed.append(image) or b"png")
    screen = img2img(init_img=colour(3000, 3000, (1, 2, 3)))
    picture = params_of(screen)["img2img"]["init_image"]
    assert (picture.png(), len(packed)) == (b"png", 1)
    assert (picture.png(), len(packed)) == (b"png", 2)


def test_too_many_pictures_are_refused(reasons_of):
    script = alwayson("X", [colour(8, 8, (at, 0, 0)) for at in range(33)], None)
    assert reasons_of(txt2img(script)) == ("33 pictures go in: a job takes 32. Leave some out.",)


def test_settings_that_are_too_long_together_are_refused_by_the_longest(reasons_of):
    unit = detailer_unit(ad_model="x", ad_prompt="y" * 200_000)
    assert reasons_of(txt2img(adetailer(True, unit))) == (
        "All settings together are longer than 200000 characters, alwayson scripts most of all: "
        "shorten it.",
    )
