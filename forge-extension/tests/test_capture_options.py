"""Options of Forge and override settings (forge-reference 4.7)."""

import pytest

from mobilesd_queue.capture.left_behind import LEFT_BEHIND, REFUSED
from mobilesd_queue.capture.options import OLD_HIRES_SIZE, READ_OPTIONS, SETTINGS
from support.screens import CHECKPOINT, colour, img2img, sampler, txt2img

# One value that is not Forge's default, for each setting that a job can carry.
VALUES = {
    "flag": lambda option: True,
    "whole": lambda option: int(option.high),
    "number": lambda option: option.high,
    "choice": lambda option: option.choices[-1],
    "colour": lambda option: "#00ff7F",
}


@pytest.mark.parametrize("name", SETTINGS)
def test_an_option_that_is_not_as_by_default_is_a_setting_of_the_job(params_of, name):
    value = VALUES[SETTINGS[name].kind](SETTINGS[name])
    assert params_of(txt2img(host={"options": {name: value}}))["settings"] == {name: value}


@pytest.mark.parametrize("name", SETTINGS)
def test_an_override_wins_over_the_option(params_of, name):
    value = VALUES[SETTINGS[name].kind](SETTINGS[name])
    screen = txt2img(host={"options": {name: "of the host"}}, overrides={name: value})
    assert params_of(screen)["settings"] == {name: value}


def test_a_whole_number_that_forge_keeps_as_a_float_stays_whole(params_of):
    settings = params_of(txt2img(overrides={"eta_noise_seed_delta": 31337.0}))["settings"]
    assert settings == {"eta_noise_seed_delta": 31337}
    assert type(settings["eta_noise_seed_delta"]) is int


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("tiling", True, "tiling", True),
        ("face_restoration", True, "restore_faces", True),
        ("s_churn", 5.0, "s_churn", 5.0),
        ("s_tmin", 0.5, "s_tmin", 0.5),
        ("s_tmax", 900, "s_tmax", 900),
        ("s_noise", 1.003, "s_noise", 1.003),
        ("s_min_uncond", 2.0, "s_min_uncond", 2.0),
        ("eta_ancestral", 0.6, "eta", 0.6),
    ],
)
def test_options_that_forge_reads_instead_of_fields_are_fields(
    params_of, name, value, field, expected
):
    assert params_of(txt2img(host={"options": {name: value}}))[field] == expected
    assert params_of(txt2img(overrides={name: value}))[field] == expected


def test_an_override_may_switch_off_what_the_host_has_on(params_of):
    screen = txt2img(host={"options": {"tiling": True}}, overrides={"tiling": False})
    assert params_of(screen)["tiling"] is False


ETAS = {"eta_ancestral": 0.6, "eta_ddim": 0.3}


@pytest.mark.parametrize(
    ("name", "eta"), [("Euler a", 0.6), ("DDIM", 0.3), ("UniPC", 0.3), ("PLMS", 0.3)]
)
def test_eta_is_the_one_that_the_sampler_reads(params_of, name, eta):
    assert params_of(txt2img(sampler(name=name), host={"options": ETAS}))["eta"] == eta


def test_no_eta_is_sent_that_the_sampler_does_not_read(params_of):
    assert "eta" not in params_of(txt2img(host={"options": {"eta_ddim": 0.3}}))


def test_two_samplers_with_an_eta_of_their_own_each_are_refused(reasons_of):
    screen = txt2img(enable_hr=True, hr_sampler_name="DDIM", host={"options": ETAS})
    assert reasons_of(screen) == (
        "Eta for k-diffusion samplers and Eta for DDIM differ for the two samplers, and a job has "
        "one for both: set Forge's settings back, or choose samplers of one kind.",
    )


def test_the_noise_multiplier_belongs_to_img2img_alone(params_of):
    host = {"options": {"initial_noise_multiplier": 0.9}}
    params = params_of(img2img(init_img=colour(64, 64, (1, 2, 3)), host=host))
    assert params["img2img"]["initial_noise_multiplier"] == 0.9
    assert "initial_noise_multiplier" not in str(params_of(txt2img(host=host)))


def test_overrides_of_model_modules_and_clip_skip_win(params_of):
    overrides = {
        "sd_model_checkpoint": "other.safetensors",
        "forge_additional_modules": ["ae.safetensors"],
        "CLIP_stop_at_last_layers": 3,
    }
    host = {"modules": ("x.safetensors",), "clip_skip": 2}
    params = params_of(txt2img(host=host, overrides=overrides))
    assert params["checkpoint_name"] == "other.safetensors"
    assert params["modules"] == ["ae.safetensors"]
    assert params["clip_skip"] == 3
    assert "settings" not in params
    assert params_of(txt2img(host=host))["checkpoint_name"] == CHECKPOINT


@pytest.mark.parametrize("name", ["sd_vae", "samples_format", "outdir_samples"])
def test_any_other_override_is_refused_by_name(reasons_of, name):
    assert reasons_of(txt2img(overrides={name: "x"})) == (
        f'"{name}" cannot be queued as an override setting: remove it from "Override settings".',
    )


def test_options_of_no_meaning_for_the_picture_stay_at_home(params_of):
    assert params_of(txt2img(host={"options": {"samples_format": "webp"}})) == params_of(txt2img())


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("eta_noise_seed_delta", -1, "Eta noise seed delta is -1: set it from 0 to 4294967295."),
        ("token_merging_ratio", 1, "Token merging ratio is 1: set it from 0 to 0.9."),
        (
            "randn_source",
            "TPU",
            "Random number generator source is TPU: choose one of GPU, CPU, NV.",
        ),
        ("tiling", "yes", "Tiling is yes: switch it on or off."),
        (
            "img2img_background_color",
            "white",
            "With img2img, fill transparent parts is white: choose a colour like #ffffff.",
        ),
    ],
)
def test_a_value_that_no_job_can_have_is_told_by_its_label(reasons_of, name, value, reason):
    assert reasons_of(txt2img(overrides={name: value})) == (reason,)


def test_old_hires_sizes_are_refused_only_with_hires_fix(params_of, reasons_of):
    host = {"options": {OLD_HIRES_SIZE: True}}
    assert "settings" not in params_of(txt2img(host=host))
    assert reasons_of(txt2img(host=host, enable_hr=True)) == (
        'With Forge\'s setting "For hires fix, use width/height sliders to set final resolution" '
        "hires fix cannot be queued: switch that setting off.",
    )


def test_what_is_looked_up_in_forge_has_no_doubles():
    assert len({*READ_OPTIONS, *LEFT_BEHIND}) == len(READ_OPTIONS) + len(LEFT_BEHIND)


def test_a_lora_of_forges_settings_is_refused_with_where_to_call_it(reasons_of):
    assert reasons_of(txt2img(host={"options": {"sd_lora": "fur"}})) == (
        'Forge\'s setting "Add network to prompt" is fur and cannot be queued: '
        "set it to None and call the LoRA in the prompt, like <lora:name:1>.",
    )


@pytest.mark.parametrize("name", sorted(LEFT_BEHIND.keys() - set(REFUSED)))
def test_how_a_box_is_set_up_hinders_no_job(params_of, name):
    assert params_of(txt2img(host={"options": {name: 64}})) == params_of(txt2img())
