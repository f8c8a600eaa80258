/** A pydantic type of the schema; "?" lets null pass, which Forge does nearly everywhere. */
export type FieldType =
  | "int"
  | "int?"
  | "float"
  | "float?"
  | "str"
  | "str?"
  | "bool"
  | "bool?"
  | "dict"
  | "dict?"
  | "list"
  | "list?"
  | "strings"
  | "strings?";

/** Stands for the default of a field that must be sent. */
export const REQUIRED = Symbol("required");

/** Fields by name: type and default. */
export type FieldTable = Record<string, readonly [type: FieldType, standard: unknown]>;

const COMMON = {
  prompt: ["str?", ""],
  negative_prompt: ["str?", ""],
  styles: ["strings?", null],
  seed: ["int?", -1],
  subseed: ["int?", -1],
  subseed_strength: ["float?", 0],
  seed_resize_from_h: ["int?", -1],
  seed_resize_from_w: ["int?", -1],
  sampler_name: ["str?", null],
  scheduler: ["str?", null],
  batch_size: ["int?", 1],
  n_iter: ["int?", 1],
  steps: ["int?", 50],
  cfg_scale: ["float?", 7.0],
  distilled_cfg_scale: ["float?", 3.5],
  width: ["int?", 512],
  height: ["int?", 512],
  restore_faces: ["bool?", null],
  tiling: ["bool?", null],
  do_not_save_samples: ["bool?", false],
  do_not_save_grid: ["bool?", false],
  eta: ["float?", null],
  s_min_uncond: ["float?", null],
  s_churn: ["float?", null],
  s_tmax: ["float?", null],
  s_tmin: ["float?", null],
  s_noise: ["float?", null],
  override_settings: ["dict?", null],
  override_settings_restore_afterwards: ["bool?", true],
  refiner_checkpoint: ["str?", null],
  refiner_switch_at: ["float?", null],
  disable_extra_networks: ["bool?", false],
  firstpass_image: ["str?", null],
  comments: ["dict?", null],
  hr_distilled_cfg: ["float?", 3.5],
  force_task_id: ["str?", null],
  sampler_index: ["str", "Euler"],
  script_name: ["str?", null],
  script_args: ["list", []],
  send_images: ["bool", true],
  save_images: ["bool", false],
  alwayson_scripts: ["dict", {}],
  infotext: ["str?", null],
} as const satisfies FieldTable;

/** Fields of POST /sdapi/v1/txt2img, with the API's defaults. */
export const TXT2IMG_FIELDS = {
  ...COMMON,
  denoising_strength: ["float?", null],
  enable_hr: ["bool?", false],
  firstphase_width: ["int?", 0],
  firstphase_height: ["int?", 0],
  hr_scale: ["float?", 2.0],
  hr_upscaler: ["str?", null],
  hr_second_pass_steps: ["int?", 0],
  hr_resize_x: ["int?", 0],
  hr_resize_y: ["int?", 0],
  hr_checkpoint_name: ["str?", null],
  hr_additional_modules: ["list?", null],
  hr_sampler_name: ["str?", null],
  hr_scheduler: ["str?", null],
  hr_prompt: ["str?", ""],
  hr_negative_prompt: ["str?", ""],
  hr_cfg: ["float?", 1.0],
} as const satisfies FieldTable;

/** Fields of POST /sdapi/v1/img2img, with the API's defaults. */
export const IMG2IMG_FIELDS = {
  ...COMMON,
  denoising_strength: ["float", 0.75],
  init_images: ["list?", null],
  resize_mode: ["int?", 0],
  image_cfg_scale: ["float?", null],
  mask: ["str?", null],
  mask_blur_x: ["int?", 4],
  mask_blur_y: ["int?", 4],
  mask_blur: ["int?", null],
  mask_round: ["bool?", true],
  inpainting_fill: ["int?", 0],
  inpaint_full_res: ["bool?", true],
  inpaint_full_res_padding: ["int?", 0],
  inpainting_mask_invert: ["int?", 0],
  initial_noise_multiplier: ["float?", null],
  latent_mask: ["str?", null],
  include_init_images: ["bool", false],
} as const satisfies FieldTable;

/** Fields of POST /internal/progress. */
export const PROGRESS_FIELDS = {
  id_task: ["str?", null],
  id_live_preview: ["int", -1],
  live_preview: ["bool", true],
} as const satisfies FieldTable;

/** Fields of POST /sdapi/v1/png-info. */
export const PNG_INFO_FIELDS = { image: ["str", REQUIRED] } as const satisfies FieldTable;

/** Fields of POST /sdapi/v1/extra-single-image. */
export const EXTRA_SINGLE_FIELDS = {
  resize_mode: ["int", 0],
  show_extras_results: ["bool", true],
  gfpgan_visibility: ["float", 0],
  codeformer_visibility: ["float", 0],
  codeformer_weight: ["float", 0],
  upscaling_resize: ["float", 2],
  upscaling_resize_w: ["int", 512],
  upscaling_resize_h: ["int", 512],
  upscaling_crop: ["bool", true],
  upscaler_1: ["str", "None"],
  upscaler_2: ["str", "None"],
  extras_upscaler_2_visibility: ["float", 0],
  upscale_first: ["bool", false],
  image: ["str", ""],
} as const satisfies FieldTable;

type ValueOf<Type extends FieldType> = Type extends `${infer Base extends string}?`
  ? BaseValue<Base> | null
  : BaseValue<Type>;
type BaseValue<Base extends string> = Base extends "int" | "float"
  ? number
  : Base extends "str"
    ? string
    : Base extends "bool"
      ? boolean
      : Base extends "dict"
        ? Record<string, unknown>
        : Base extends "strings"
          ? string[]
          : unknown[];

/** The values of a table's fields. */
export type ValuesOf<Table extends FieldTable> = {
  -readonly [Name in keyof Table]: ValueOf<Table[Name][0]>;
};

/** A validated txt2img request with all defaults. */
export type Txt2ImgRequest = ValuesOf<typeof TXT2IMG_FIELDS>;

/** A validated img2img request with all defaults. */
export type Img2ImgRequest = ValuesOf<typeof IMG2IMG_FIELDS>;
