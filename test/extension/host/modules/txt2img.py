"""Generate on txt2img: the parameters, by which an extension knows the inputs."""

from typing import Any

import gradio as gr

from modules import generated


def txt2img_create_processing(
    id_task: str,
    request: gr.Request,
    prompt: str,
    negative_prompt: str,
    prompt_styles: Any,
    n_iter: int,
    batch_size: int,
    cfg_scale: float,
    distilled_cfg_scale: float,
    height: int,
    width: int,
    enable_hr: bool,
    denoising_strength: float,
    hr_scale: float,
    hr_upscaler: str,
    hr_second_pass_steps: int,
    hr_resize_x: int,
    hr_resize_y: int,
    hr_checkpoint_name: str,
    hr_additional_modules: list[Any],
    hr_sampler_name: str,
    hr_scheduler: str,
    hr_prompt: str,
    hr_negative_prompt: Any,
    hr_cfg: float,
    hr_distilled_cfg: float,
    override_settings_texts: Any,
    *args: Any,
    force_enable_hr: bool = False,
) -> None:
    """Nothing is processed here; the names and their order are what counts."""


def txt2img(id_task: str, request: gr.Request, *args: Any) -> tuple[Any, ...]:
    """Generate."""
    return generated.run("txt2img", txt2img_create_processing, (id_task, request, *args))
