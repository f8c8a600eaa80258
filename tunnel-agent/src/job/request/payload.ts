import { hiresSize, type ResolvedParams } from "@mobilesd/contract";
import type { HostOptions } from "../../forge/host.ts";
import { pictureOf } from "../../picture.ts";
import type { Prepared } from "../before/prepare.ts";
import { overridesOf } from "./payload-overrides.ts";

type Fields = Record<string, unknown>;

/** What a body needs beside the parameters: what was found out about them on this host. */
export interface RunFacts {
  readonly taskId: string;
  readonly prepared: Prepared;
  readonly own: HostOptions["own"];
  /** Whether what this body overrides may stay selected in Forge. */
  readonly keepsOverrides: boolean;
}

/** A request to Forge: where to, and with what. Pictures stand in the body as `Picture`. */
export interface ForgeRequest {
  readonly path: "/sdapi/v1/txt2img" | "/sdapi/v1/img2img";
  readonly body: Readonly<Fields>;
  /** What the body overrides of Forge's options. */
  readonly overrides: Readonly<Fields>;
}

/** Fields that Forge takes from its own options when they are absent. */
const OPTIONAL = ["eta", "s_churn", "s_tmin", "s_tmax", "s_noise", "s_min_uncond"] as const;

const present = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

function coreOf(params: ResolvedParams, { schedulers }: Prepared): Fields {
  const optional = OPTIONAL.map((name) => [name, params[name]]);
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
    scheduler: schedulers.main,
    batch_size: params.batch_size,
    n_iter: params.n_iter,
    steps: params.steps,
    cfg_scale: params.cfg_scale,
    distilled_cfg_scale: params.distilled_cfg_scale,
    width: params.width,
    height: params.height,
    restore_faces: params.restore_faces,
    tiling: params.tiling,
    ...present(Object.fromEntries(optional)),
  };
}

function refinerOf({ refiner }: ResolvedParams, { checkpoints }: Prepared): Fields {
  if (!refiner) return {};
  return { refiner_checkpoint: checkpoints.refiner, refiner_switch_at: refiner.switch_at };
}

/** What Forge's page enlarges by where nothing is said. */
const HIRES_SCALE_DEFAULT = 2;

/** Forge's own word for the modules of the first pass; null is an error to it (1.4). */
const SAME_MODULES = ["Use same choices"];
/** What an infotext calls the modules in the checkpoint. Any name that is no module means them. */
const BUILT_IN_MODULES = ["Built-in"];

function hiresModulesOf({ modules }: Prepared): readonly string[] {
  if (modules.hires === null) return SAME_MODULES;
  return modules.hires.length === 0 ? BUILT_IN_MODULES : modules.hires;
}

/** Everything that a second pass needs: Forge's defaults for it are wrong or fail (1.4). */
function hiresOf(params: ResolvedParams, prepared: Prepared): Fields {
  const { hires } = params;
  if (!hires) return {};
  const { width, height } = hiresSize(params, hires);
  const isBySize = hires.width !== undefined || hires.height !== undefined;
  return {
    enable_hr: true,
    // Both sides, although Forge makes up a missing one: ControlNet would take it for 0 and do nothing.
    ...(isBySize
      ? { hr_resize_x: width, hr_resize_y: height }
      : { hr_scale: hires.scale ?? HIRES_SCALE_DEFAULT }),
    hr_upscaler: hires.upscaler,
    hr_second_pass_steps: hires.steps,
    denoising_strength: hires.denoising_strength,
    hr_cfg: hires.cfg_scale ?? params.cfg_scale,
    hr_distilled_cfg: hires.distilled_cfg_scale ?? params.distilled_cfg_scale,
    hr_additional_modules: hiresModulesOf(prepared),
    hr_checkpoint_name: prepared.checkpoints.hires,
    hr_sampler_name: hires.sampler_name ?? null,
    hr_scheduler: prepared.schedulers.hires,
    hr_prompt: hires.prompt ?? "",
    hr_negative_prompt: hires.negative_prompt ?? "",
  };
}

function img2imgOf(img2img: NonNullable<ResolvedParams["img2img"]>, prepared: Prepared): Fields {
  const mask = img2img.mask && {
    mask: pictureOf(prepared.pictures, img2img.mask),
    mask_blur: img2img.mask_blur,
    inpainting_fill: img2img.inpainting_fill,
    inpaint_full_res: img2img.inpaint_full_res,
    inpaint_full_res_padding: img2img.inpaint_full_res_padding,
    inpainting_mask_invert: img2img.inpainting_mask_invert,
  };
  const { image_cfg_scale, initial_noise_multiplier } = img2img;
  return {
    init_images: [pictureOf(prepared.pictures, img2img.init_image)],
    denoising_strength: img2img.denoising_strength,
    resize_mode: img2img.resize_mode,
    include_init_images: false,
    ...mask,
    ...present({ image_cfg_scale, initial_noise_multiplier }),
  };
}

function scriptsOf({ scripts: { selectable, alwaysOn } }: Prepared): Fields {
  const script = selectable && { script_name: selectable.name, script_args: selectable.args };
  return { ...script, alwayson_scripts: alwaysOn };
}

/**
 * Builds Forge's request from a job's parameters, field by field from this file's own list: what stands
 * in no line here never reaches Forge, whatever the queue sent. Pure.
 */
export function buildRequest(params: ResolvedParams, run: RunFacts): ForgeRequest {
  const { prepared } = run;
  const overrides = overridesOf(params, prepared, run.own);
  const core = {
    ...coreOf(params, prepared),
    ...refinerOf(params, prepared),
    ...scriptsOf(prepared),
    override_settings: overrides,
    override_settings_restore_afterwards: !run.keepsOverrides,
    force_task_id: run.taskId,
    send_images: true,
    save_images: false,
  };
  const { img2img } = params;
  return img2img
    ? { path: "/sdapi/v1/img2img", body: { ...core, ...img2imgOf(img2img, prepared) }, overrides }
    : { path: "/sdapi/v1/txt2img", body: { ...core, ...hiresOf(params, prepared) }, overrides };
}
