"""Core fields, seed extras, refiner, styles and models (forge-reference 4.2, 4.4, 4.7)."""

import numpy
import pytest

from mobilesd_queue.capture.screen import HostState
from support.screens import CHECKPOINT, refiner, sampler, seed, txt2img


def test_a_plain_screen_is_a_job_of_these_fields_and_no_others(params_of):
    assert params_of(txt2img()) == {
        "positive_prompt": "a lighthouse at dusk",
        "negative_prompt": "fog",
        "styles": [],
        "n_iter": 1,
        "batch_size": 1,
        "cfg_scale": 7.0,
        "distilled_cfg_scale": 3.5,
        "checkpoint_name": CHECKPOINT,
        "modules": [],
        "clip_skip": 1,
        "steps": 20,
        "sampler_name": "Euler a",
        "scheduler": "Automatic",
        "seed": -1,
        "width": 512,
        "height": 768,
        "tiling": False,
        "restore_faces": False,
    }


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"prompt": "x"}, "positive_prompt", "x"),
        ({"prompt": None}, "positive_prompt", ""),
        ({"negative_prompt": "y"}, "negative_prompt", "y"),
        ({"prompt_styles": ["a", "b"]}, "styles", ["a", "b"]),
        ({"prompt_styles": None}, "styles", []),
        ({"n_iter": 3}, "n_iter", 3),
        ({"n_iter": 3.0}, "n_iter", 3),
        ({"batch_size": 2}, "batch_size", 2),
        ({"batch_size": numpy.int64(2)}, "batch_size", 2),
        ({"cfg_scale": 1}, "cfg_scale", 1),
        ({"cfg_scale": 4.5}, "cfg_scale", 4.5),
        ({"distilled_cfg_scale": 2.5}, "distilled_cfg_scale", 2.5),
        ({"width": 1024, "height": 64}, "width", 1024),
        ({"width": 1024, "height": 64}, "height", 64),
    ],
)
def test_each_input_fills_its_field(params_of, changes, field, expected):
    value = params_of(txt2img(**changes))[field]
    assert value == expected
    assert type(value) is type(expected)


def test_sampler_steps_and_scheduler_come_from_the_built_in_script(params_of):
    params = params_of(txt2img(sampler(33, "DPM++ 2M SDE", "Karras")))
    assert [params[name] for name in ("steps", "sampler_name", "scheduler")] == [
        33,
        "DPM++ 2M SDE",
        "Karras",
    ]


def test_a_forge_without_distilled_cfg_leaves_it_out(params_of):
    screen = txt2img()
    del screen.values["distilled_cfg_scale"]
    assert "distilled_cfg_scale" not in params_of(screen)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"width": 513}, "Width is 513: set a multiple of 8 from 64 to 4096."),
        ({"height": 56}, "Height is 56: set a multiple of 8 from 64 to 4096."),
        ({"width": 4104}, "Width is 4104: set a multiple of 8 from 64 to 4096."),
        ({"n_iter": 17}, "Batch count is 17: set it from 1 to 16."),
        ({"batch_size": 0}, "Batch size is 0: set it from 1 to 16."),
        ({"batch_size": None}, "Batch size is empty: set it from 1 to 16."),
        ({"batch_size": True}, "Batch size is True: set it from 1 to 16."),
        ({"n_iter": 1.5}, "Batch count is 1.5: set it from 1 to 16."),
        ({"cfg_scale": 101}, "CFG Scale is 101: set it from 0 to 100."),
        ({"cfg_scale": float("nan")}, "CFG Scale is nan: set it from 0 to 100."),
        ({"distilled_cfg_scale": -1}, "Distilled CFG Scale is -1: set it from 0 to 100."),
        ({"prompt": "x" * 32_769}, "Prompt has 32769 characters: shorten it to 32768."),
        ({"prompt": "😀" * 16_385}, "Prompt has 32770 characters: shorten it to 32768."),
        ({"prompt": "a\0b"}, "Prompt holds characters that cannot be stored: type it anew."),
        ({"prompt": "\ud800"}, "Prompt holds characters that cannot be stored: type it anew."),
        ({"negative_prompt": 3}, "Negative prompt is not a text: it cannot be queued."),
        ({"prompt_styles": ["x"] * 17}, "Styles has 17 entries: leave 16 at most."),
        ({"prompt_styles": "x"}, "Styles is x: choose from the list."),
        (
            {"n_iter": 16, "batch_size": 5},
            "Batch count times Batch size is 80: make it 64 at most.",
        ),
    ],
)
def test_what_a_job_cannot_have_is_told_by_its_label(reasons_of, changes, reason):
    assert reasons_of(txt2img(**changes)) == (reason,)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (sampler(steps=151), "Sampling steps is 151: set it from 1 to 150."),
        (sampler(steps=0), "Sampling steps is 0: set it from 1 to 150."),
        (sampler(name=None), "Sampling method is empty: choose one."),
        (sampler(scheduler=""), "Schedule type is empty: choose one."),
        (
            seed(seed=-5),
            "Seed is -5: set it from 0 to 4294967295, or to -1 for a random one.",
        ),
        (
            seed(seed=2**32),
            "Seed is 4294967296: set it from 0 to 4294967295, or to -1 for a random one.",
        ),
        (
            seed(extra=True, strength=2),
            "Variation strength is 2: set it from 0 to 1.",
        ),
        (
            refiner(on=True, checkpoint="x", switch_at=1.5),
            'The refiner\'s "Switch at" is 1.5: set it from 0 to 1.',
        ),
    ],
)
def test_what_a_job_cannot_have_of_the_built_in_scripts_is_told(reasons_of, script, reason):
    assert reasons_of(txt2img(script)) == (reason,)


def test_every_reason_is_told_at_once_and_each_once(reasons_of):
    assert reasons_of(txt2img(sampler(steps=0), width=1, height=1, n_iter=99)) == (
        "Batch count is 99: set it from 1 to 16.",
        "Sampling steps is 0: set it from 1 to 150.",
        "Width is 1: set a multiple of 8 from 64 to 4096.",
        "Height is 1: set a multiple of 8 from 64 to 4096.",
    )


SEEDS = [(-1, -1), (0, 0), (2**32 - 1, 2**32 - 1), (5.0, 5), ("7", 7), ("", -1), ("x", -1)]


@pytest.mark.parametrize(("given", "expected"), [*SEEDS, (None, -1)])
def test_a_seed_is_read_as_forge_reads_it(params_of, given, expected):
    assert params_of(txt2img(seed(seed=given)))["seed"] == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (seed(1, extra=False, subseed=2, strength=0.5, width=256, height=512), {}),
        (seed(1, extra=True, subseed=2, strength=0.0), {}),
        (
            seed(1, extra=True, subseed=2, strength=0.5),
            {"subseed": 2, "subseed_strength": 0.5},
        ),
        (seed(1, extra=True, width=256, height=0), {}),
        (seed(1, extra=True, width=0, height=256), {}),
        (
            seed(1, extra=True, width=256, height=512),
            {"seed_resize_from_w": 256, "seed_resize_from_h": 512},
        ),
        (
            seed(1, True, 2, 0.1, 8, 16),
            {
                "subseed": 2,
                "subseed_strength": 0.1,
                "seed_resize_from_w": 8,
                "seed_resize_from_h": 16,
            },
        ),
    ],
)
def test_seed_extras_follow_the_rules_of_the_page(params_of, script, expected):
    params = params_of(txt2img(script))
    extras = ("subseed", "subseed_strength", "seed_resize_from_w", "seed_resize_from_h")
    assert {name: params[name] for name in extras if name in params} == expected
    assert params["seed"] == 1


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (refiner(), None),
        (refiner(on=False, checkpoint="x"), None),
        (refiner(on=True, checkpoint=""), None),
        (refiner(on=True, checkpoint=None), None),
        (refiner(on=True, checkpoint="None"), None),
        (refiner(on=True, checkpoint="x", switch_at=1), None),
        (
            refiner(on=True, checkpoint="xl [0123456789]", switch_at=0.5),
            {"checkpoint_name": "xl [0123456789]", "switch_at": 0.5},
        ),
    ],
)
def test_a_refiner_goes_along_only_where_it_would_work(params_of, script, expected):
    assert params_of(txt2img(script)).get("refiner") == expected


@pytest.mark.parametrize("title", ["Sampler", "Seed"])
def test_a_page_without_a_built_in_script_is_refused_by_name(reasons_of, title):
    screen = txt2img()
    rest = tuple(one for one in screen.scripts if one.title != title)
    reasons = reasons_of(type(screen)(**{**vars(screen), "scripts": rest}))
    assert "was not found on Forge's page" in reasons[0]


def test_what_stands_at_the_top_of_the_page_goes_along(params_of):
    host = {"modules": ("/models/VAE/ae.safetensors", "C:\\te\\clip_l.safetensors"), "clip_skip": 2}
    params = params_of(txt2img(host=host))
    assert params["checkpoint_name"] == CHECKPOINT
    assert params["modules"] == ["ae.safetensors", "clip_l.safetensors"]
    assert params["clip_skip"] == 2


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ({"checkpoint": None}, "No checkpoint is chosen: choose one at the top of the page."),
        ({"clip_skip": 13}, "Clip skip is 13: set it from 1 to 12."),
        ({"modules": ("a",) * 9}, "VAE / Text Encoder has 9 entries: leave 8 at most."),
    ],
)
def test_what_a_job_cannot_have_of_the_top_of_the_page_is_told(reasons_of, host, reason):
    assert reasons_of(txt2img(host=host)) == (reason,)


def test_a_host_state_says_nothing_it_was_not_told():
    host = HostState(checkpoint="x")
    assert (host.modules, host.clip_skip, dict(host.options)) == ((), 1, {})
