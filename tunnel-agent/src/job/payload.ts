import type { ResolvedParams } from "@mobilesd/contract";

/** What a body needs beside the parameters: facts of this run, and input pictures as base64. */
export interface RunFacts {
  readonly taskId: string;
  /** The host's own exact name of the checkpoint. */
  readonly checkpointName: string;
  readonly initImage: string | null;
  readonly mask: string | null;
}

/** A request to Forge: where to, and with what. */
export interface ForgeRequest {
  readonly path: "/sdapi/v1/txt2img" | "/sdapi/v1/img2img";
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Every option that a job may override. Each body carries all of them, with explicit values: Forge gives
 * back only those that its config holds, so one left out could still have the last job's (1.6.1).
 */
function overridesOf(params: ResolvedParams, run: RunFacts) {
  return {
    sd_model_checkpoint: run.checkpointName,
    CLIP_stop_at_last_layers: params.clip_skip,
    // Masks among the results would be taken for results: they stand right behind each of them (1.11).
    return_mask: false,
    return_mask_composite: false,
  };
}

/** Fields that Forge takes from its own options when they are absent. */
const OPTIONAL = ["eta", "s_churn", "s_tmin", "s_tmax", "s_noise", "s_min_uncond"] as const;

function coreOf(params: ResolvedParams, run: RunFacts): Record<string, unknown> {
  const given = OPTIONAL.filter((name) => params[name] !== undefined);
  return {
    prompt: params.positive_prompt,
    negative_prompt: params.negative_prompt,
    styles: params.styles,
    seed: params.seed,
    subseed: params.subseed,
    subseed_strength: params.subseed_strength,
    seed_resize_from_w: params.seed_resize_from_w,
    seed_resize_from_h: params.seed_resize_from_h,
    sampler_name: params.sampler_name,
    scheduler: params.scheduler,
    batch_size: params.batch_size,
    n_iter: params.n_iter,
    steps: params.steps,
    cfg_scale: params.cfg_scale,
    distilled_cfg_scale: params.distilled_cfg_scale,
    width: params.width,
    height: params.height,
    restore_faces: params.restore_faces,
    tiling: params.tiling,
    ...Object.fromEntries(given.map((name) => [name, params[name]])),
    override_settings: overridesOf(params, run),
    override_settings_restore_afterwards: true,
    force_task_id: run.taskId,
    send_images: true,
    save_images: false,
    alwayson_scripts: {},
  };
}

function img2imgOf(img2img: NonNullable<ResolvedParams["img2img"]>, run: RunFacts) {
  const mask = {
    mask: run.mask,
    mask_blur: img2img.mask_blur,
    inpainting_fill: img2img.inpainting_fill,
    inpaint_full_res: img2img.inpaint_full_res,
    inpaint_full_res_padding: img2img.inpaint_full_res_padding,
    inpainting_mask_invert: img2img.inpainting_mask_invert,
  };
  const { image_cfg_scale, initial_noise_multiplier } = img2img;
  return {
    init_images: [run.initImage],
    denoising_strength: img2img.denoising_strength,
    resize_mode: img2img.resize_mode,
    include_init_images: false,
    ...(run.mask === null ? {} : mask),
    ...(image_cfg_scale === undefined ? {} : { image_cfg_scale }),
    ...(initial_noise_multiplier === undefined ? {} : { initial_noise_multiplier }),
  };
}

/**
 * Builds Forge's request from a job's parameters, field by field from this file's own list: what stands
 * in no line here never reaches Forge, whatever the queue sent. Pure.
 */
export function buildRequest(params: ResolvedParams, run: RunFacts): ForgeRequest {
  const core = coreOf(params, run);
  if (!params.img2img) return { path: "/sdapi/v1/txt2img", body: core };
  const body = { ...core, ...img2imgOf(params.img2img, run) };
  return { path: "/sdapi/v1/img2img", body };
}
