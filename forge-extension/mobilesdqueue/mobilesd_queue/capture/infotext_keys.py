"""The words of Forge's infotext for what a job has (modules/shared_options.py, modules/ui.py)."""

from __future__ import annotations

from collections.abc import Mapping

# Fields of a job that Forge pastes as override settings.
FIELDS: Mapping[str, str] = {
    "tiling": "Tiling",
    "restore_faces": "Face restoration",
    "s_churn": "Sigma churn",
    "s_tmin": "Sigma tmin",
    "s_tmax": "Sigma tmax",
    "s_noise": "Sigma noise",
    "s_min_uncond": "NGMS",
}

HIRES: Mapping[str, str] = {
    "upscaler": "Hires upscaler",
    "steps": "Hires steps",
    "checkpoint_name": "Hires checkpoint",
    "sampler_name": "Hires sampler",
    "scheduler": "Hires schedule type",
    "prompt": "Hires prompt",
    "negative_prompt": "Hires negative prompt",
    "cfg_scale": "Hires CFG Scale",
    "distilled_cfg_scale": "Hires Distilled CFG Scale",
}

# Those of a job's settings that an infotext can name.
SETTING_KEYS: Mapping[str, str] = {
    "eta_noise_seed_delta": "ENSD",
    "randn_source": "RNG",
    "emphasis": "Emphasis",
    "sd_noise_schedule": "Noise Schedule",
    "token_merging_ratio": "Token merging ratio",
    "token_merging_ratio_hr": "Token merging ratio hr",
    "hires_fix_refiner_pass": "Hires refiner",
    "refiner_switch_by_sample_steps": "Refiner switch by sampling steps",
    "sd_vae_encode_method": "VAE Encoder",
    "sd_vae_decode_method": "VAE Decoder",
    "inpainting_mask_weight": "Conditional mask weight",
    "img2img_extra_noise": "Extra noise",
    "s_min_uncond_all": "NGMS all steps",
    "skip_early_cond": "Skip Early CFG",
    "pad_cond_uncond": "Pad conds",
    "pad_cond_uncond_v0": "Pad conds v0",
    "always_discard_next_to_last_sigma": "Discard penultimate sigma",
    "sgm_noise_multiplier": "SGM noise multiplier",
    "uni_pc_variant": "UniPC variant",
    "uni_pc_skip_type": "UniPC skip type",
    "uni_pc_order": "UniPC order",
    "uni_pc_lower_order_final": "UniPC lower order final",
    "beta_dist_alpha": "Beta scheduler alpha",
    "beta_dist_beta": "Beta scheduler beta",
    "sigma_min": "Schedule min sigma",
    "sigma_max": "Schedule max sigma",
    "rho": "Schedule rho",
    "use_old_scheduling": "Old prompt editing timelines",
    "use_downcasted_alpha_bar": "Downcast alphas_cumprod",
}

# Fields of a ControlNet unit in its line (lib_controlnet/infotext.py).
UNIT_KEYS: Mapping[str, str] = {
    "module": "Module",
    "model": "Model",
    "weight": "Weight",
    "resize_mode": "Resize Mode",
    "processor_res": "Processor Res",
    "threshold_a": "Threshold A",
    "threshold_b": "Threshold B",
    "guidance_start": "Guidance Start",
    "guidance_end": "Guidance End",
    "pixel_perfect": "Pixel Perfect",
    "control_mode": "Control Mode",
    "hr_option": "Hr Option",
}
