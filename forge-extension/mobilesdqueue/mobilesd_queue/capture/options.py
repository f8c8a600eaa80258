"""Forge's options that a job can carry, by name, as its settings page labels and bounds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Option:
    """One option. `low` and `high` bound numbers, `choices` texts; a colour is like #ffffff."""

    label: str
    kind: Literal["flag", "whole", "number", "choice", "colour"]
    low: float = 0
    high: float = 1
    choices: tuple[str, ...] = ()


def _flag(label: str) -> Option:
    return Option(label, "flag")


def _whole(label: str, low: int, high: int) -> Option:
    return Option(label, "whole", low, high)


def _number(label: str, low: float, high: float) -> Option:
    return Option(label, "number", low, high)


def _choice(label: str, *choices: str) -> Option:
    return Option(label, "choice", choices=choices)


_LOW_BITS = ("Automatic", "bnb-nf4", "float8-e4m3fn", "bnb-fp4", "float8-e5m2")

# The names and ranges of src/contract/settings.ts, the labels of modules/shared_options.py.
SETTINGS: Mapping[str, Option] = {
    "eta_noise_seed_delta": _whole("Eta noise seed delta", 0, 4_294_967_295),
    "randn_source": _choice("Random number generator source", "GPU", "CPU", "NV"),
    "emphasis": _choice("Emphasis mode", "None", "Ignore", "Original", "No norm"),
    "sd_noise_schedule": _choice("Noise schedule for sampling", "Default", "Zero Terminal SNR"),
    "token_merging_ratio": _number("Token merging ratio", 0, 0.9),
    "token_merging_ratio_img2img": _number("Token merging ratio for img2img", 0, 0.9),
    "token_merging_ratio_hr": _number("Token merging ratio for high-res pass", 0, 0.9),
    "forge_unet_storage_dtype": _choice(
        "Diffusion in Low Bits",
        *(form for name in _LOW_BITS for form in (name, f"{name} (fp16 LoRA)")),
    ),
    "comma_padding_backtrack": _whole("Prompt word wrap length limit", 0, 74),
    "sdxl_clip_l_skip": _flag("Clip skip SDXL"),
    "sdxl_crop_top": _whole("crop top coordinate", 0, 1024),
    "sdxl_crop_left": _whole("crop left coordinate", 0, 1024),
    "sdxl_refiner_low_aesthetic_score": _number("SDXL low aesthetic score", 0, 10),
    "sdxl_refiner_high_aesthetic_score": _number("SDXL high aesthetic score", 0, 10),
    "upcast_attn": _flag("Upcast cross attention layer to float32"),
    "enable_batch_seeds": _flag("Make K-diffusion samplers produce same images in a batch"),
    "hires_fix_refiner_pass": _choice(
        "Hires fix: which pass to enable refiner for", "first pass", "second pass", "both passes"
    ),
    "hires_fix_use_firstpass_conds": _flag(
        "For hires fix, calculate conds of second pass using extra networks of first pass"
    ),
    "refiner_switch_by_sample_steps": _flag("Switch to refiner by sampling steps"),
    "sd_vae_encode_method": _choice("VAE type for encode", "Full", "TAESD"),
    "sd_vae_decode_method": _choice("VAE type for decode", "Full", "TAESD"),
    "face_restoration_model": _choice("Face restoration model", "CodeFormer", "GFPGAN"),
    "code_former_weight": _number("CodeFormer weight", 0, 1),
    "inpainting_mask_weight": _number("Inpainting conditioning mask strength", 0, 1),
    "overlay_inpaint": _flag("Overlay original for inpaint"),
    "img2img_extra_noise": _number("Extra noise multiplier for img2img and hires fix", 0, 1),
    "img2img_color_correction": _flag("Apply color correction to img2img results"),
    "img2img_fix_steps": _flag("With img2img, do exactly the amount of steps the slider specifies"),
    "img2img_background_color": Option("With img2img, fill transparent parts", "colour"),
    "s_min_uncond_all": _flag("Negative Guidance minimum sigma all steps"),
    "skip_early_cond": _number("Ignore negative prompt during early sampling", 0, 1),
    "pad_cond_uncond": _flag("Pad prompt/negative prompt"),
    "pad_cond_uncond_v0": _flag("Pad prompt/negative prompt (v0)"),
    "ddim_discretize": _choice("img2img DDIM discretize", "uniform", "quad"),
    "always_discard_next_to_last_sigma": _flag("Always discard next-to-last sigma"),
    "sgm_noise_multiplier": _flag("SGM noise multiplier"),
    "uni_pc_variant": _choice("UniPC variant", "bh1", "bh2", "vary_coeff"),
    "uni_pc_skip_type": _choice("UniPC skip type", "time_uniform", "time_quadratic", "logSNR"),
    "uni_pc_order": _whole("UniPC order", 1, 50),
    "uni_pc_lower_order_final": _flag("UniPC lower order final"),
    "beta_dist_alpha": _number("Beta scheduler - alpha", 0.01, 1),
    "beta_dist_beta": _number("Beta scheduler - beta", 0.01, 1),
    "sigma_min": _number("sigma min", 0, 2),
    "sigma_max": _number("sigma max", 0, 60),
    "rho": _number("rho", 0, 100),
    "use_old_scheduling": _flag("Use old prompt editing timelines"),
    "use_old_karras_scheduler_sigmas": _flag("Use old karras scheduler sigmas (0.1 to 10)"),
    "use_downcasted_alpha_bar": _flag("Downcast model alphas_cumprod to fp16 before sampling"),
    "no_dpmpp_sde_batch_determinism": _flag(
        "Do not make DPM++ SDE deterministic across different batch sizes"
    ),
}

# Options that have a field of their own in a job.
FIELD_OPTIONS: Mapping[str, Option] = {
    "tiling": _flag("Tiling"),
    "face_restoration": _flag("Restore faces"),
    "eta_ancestral": _number("Eta for k-diffusion samplers", 0, 1),
    "eta_ddim": _number("Eta for DDIM", 0, 1),
    "s_churn": _number("sigma churn", 0, 100),
    "s_tmin": _number("sigma tmin", 0, 10),
    "s_tmax": _number("sigma tmax", 0, 999),
    "s_noise": _number("sigma noise", 0, 1.1),
    "s_min_uncond": _number("Negative Guidance minimum sigma", 0, 15),
    "initial_noise_multiplier": _number("Noise multiplier for img2img", 0, 2),
}

# Turns the meaning of width and height around; no job can say so.
OLD_HIRES_SIZE = "use_old_hires_fix_width_height"

# Sent whatever it is: it stands at the top of the page, beside the checkpoint. The others are sent
# where they differ from Forge's default: no box of another version, where one is missing, should
# have to refuse every job for it.
ALWAYS_SENT: tuple[str, ...] = ("forge_unet_storage_dtype",)

# Every option to be looked up in Forge for a capture.
READ_OPTIONS: tuple[str, ...] = (*SETTINGS, *FIELD_OPTIONS, OLD_HIRES_SIZE)

# Override settings that stand for what the top of Forge's page holds.
CHECKPOINT = "sd_model_checkpoint"
MODULES = "forge_additional_modules"
CLIP_SKIP = "CLIP_stop_at_last_layers"
