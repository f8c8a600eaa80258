import { GenerationParams, type ResolvedParams, uploadsOf } from "@mobilesd/contract";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonBody } from "../../../src/forge/json-body.ts";
import { hostNamesOf } from "../../../src/job/before/host-names.ts";
import { hostScriptsOf } from "../../../src/job/before/script-args.ts";
import { buildRequest } from "../../../src/job/request/payload.ts";
import { OVERRIDE_KEYS } from "../../../src/job/request/payload-overrides.ts";
import { Picture } from "../../../src/picture.ts";
import { LAB_CATALOGUE, LAB_HOST, PONY, paramsOf } from "./lab-host.ts";
import { randomParams } from "./random-params.ts";

/** Every key that may stand in a body to Forge; none else ever does. */
const ALLOWED = new Set([
  ...["prompt", "negative_prompt", "styles", "seed", "subseed", "subseed_strength"],
  ...["seed_resize_from_w", "seed_resize_from_h", "sampler_name", "scheduler", "batch_size"],
  ...["n_iter", "steps", "cfg_scale", "distilled_cfg_scale", "width", "height", "restore_faces"],
  ...["tiling", "override_settings", "override_settings_restore_afterwards", "force_task_id"],
  ...["send_images", "save_images", "alwayson_scripts", "script_name", "script_args"],
  ...["eta", "s_churn", "s_tmin", "s_tmax", "s_noise", "s_min_uncond"],
  ...["refiner_checkpoint", "refiner_switch_at"],
  ...["enable_hr", "hr_scale", "hr_resize_x", "hr_resize_y", "hr_upscaler", "hr_cfg"],
  ...["hr_second_pass_steps", "hr_distilled_cfg", "hr_additional_modules", "hr_checkpoint_name"],
  ...["hr_sampler_name", "hr_scheduler", "hr_prompt", "hr_negative_prompt"],
  ...["init_images", "denoising_strength", "resize_mode", "include_init_images", "mask"],
  ...["mask_blur", "inpainting_fill", "inpaint_full_res", "inpaint_full_res_padding"],
  ...["inpainting_mask_invert", "image_cfg_scale", "initial_noise_multiplier"],
]);
const ALLOWED_IN_UNIT = new Set([
  ...["enabled", "module", "model", "weight", "image", "mask_image", "resize_mode"],
  ...["processor_res", "threshold_a", "threshold_b", "guidance_start", "guidance_end"],
  ...["pixel_perfect", "control_mode", "hr_option", "save_detected_map"],
]);
const FREE_TEXT = new Set(["prompt", "negative_prompt", "hr_prompt", "hr_negative_prompt"]);

/** What could name a place of the host or the network. */
const PLACE =
  /^\s*(?:[A-Za-z]:[\\/]|\/+[^\s\\/]|\\\\\w|\\\w+\\\w|~[\\/]|\w+:\/\/)|(?:^|[\\/])\.\.(?:[\\/]|$)/;

function* valuesIn(value: unknown): Generator<unknown> {
  yield value;
  if (typeof value !== "object" || value === null || value instanceof Picture) return;
  for (const inner of Object.values(value)) yield* valuesIn(inner);
}

function requestOf(params: ResolvedParams) {
  const ids = uploadsOf(params).map((one) => one.upload_id);
  const pictures = new Map(ids.map((id) => [id, new Picture(Buffer.from(id))]));
  const scripts = hostScriptsOf(params, LAB_CATALOGUE, pictures);
  if ("reason" in scripts) throw new Error(scripts.message);
  const names = hostNamesOf(params, PONY, LAB_CATALOGUE);
  const prepared = { ...names, scripts, pictures, inputSize: null, warnings: [] };
  const { own } = LAB_HOST.options;
  return buildRequest(params, { taskId: "task(1)", prepared, own, keepsOverrides: false });
}

interface Body {
  readonly save_images: unknown;
  readonly alwayson_scripts: Readonly<Record<string, { readonly args: readonly object[] }>>;
  readonly override_settings: object;
}

const outside = (value: object, allowed: ReadonlySet<string>) =>
  Object.keys(value).filter((key) => !allowed.has(key));

describe("the body of any job that the queue can hand over", () => {
  it("holds no key that is not on the list", () => {
    fc.assert(
      fc.property(randomParams, (params) => {
        const body = requestOf(params).body as unknown as Body;
        expect(outside(body, ALLOWED)).toEqual([]);
        expect(body.save_images).toBe(false);
        for (const unit of body.alwayson_scripts.controlnet?.args ?? []) {
          expect(outside(unit, ALLOWED_IN_UNIT)).toEqual([]);
        }
        const titles = LAB_CATALOGUE.scripts.map((one) => one.name);
        expect(outside(body.alwayson_scripts, new Set(titles))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it("overrides the very same options as any other, so that nothing of the last job is left", () => {
    fc.assert(
      fc.property(randomParams, randomParams, (one, other) => {
        const keys = (params: ResolvedParams) => Object.keys(requestOf(params).overrides).sort();
        expect(keys(one)).toEqual(keys(other));
        expect(keys(one)).toEqual([...OVERRIDE_KEYS].sort());
      }),
      { numRuns: 60 },
    );
  });

  it("names no place of the host and no number that is none", () => {
    fc.assert(
      fc.property(randomParams, (params) => {
        const free = Object.entries(requestOf(params).body).filter(([key]) => !FREE_TEXT.has(key));
        const values = [...valuesIn(Object.fromEntries(free))];
        const texts = values.filter((value) => typeof value === "string");
        expect(texts.filter((text) => PLACE.test(text))).toEqual([]);
        const numbers = values.filter((value) => typeof value === "number");
        expect(numbers.filter((value) => !Number.isFinite(value))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it("is JSON that Forge reads back as it was meant", () => {
    fc.assert(
      fc.property(randomParams, (params) => {
        const { body } = requestOf(params);
        const text = Buffer.concat([...jsonBody(body).chunks()]).toString("utf8");
        expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(body));
      }),
      { numRuns: 60 },
    );
  });
});

describe("a body made from a request that is not what it should be", () => {
  const unknown = fc.dictionary(
    fc.oneof(
      fc.constantFrom("infotext", "save_images", "script_name", "script_args", "sampler_index"),
      fc.constantFrom("override_settings", "firstpass_image", "do_not_save_samples", "__proto__"),
      fc.constantFrom(
        "disable_extra_networks",
        "samples_format",
        "outdir_samples",
        "batch_image_dir",
      ),
      fc.string(),
    ),
    fc.anything(),
  );

  it("holds no key that is not on the list, as if the contract had let it through", () => {
    fc.assert(
      fc.property(randomParams, unknown, (params, extra) => {
        const within = <T extends object>(value: T | undefined) => value && { ...extra, ...value };
        const sent = {
          ...extra,
          ...params,
          hires: within(params.hires),
          img2img: within(params.img2img),
          settings: within(params.settings),
          refiner: within(params.refiner),
        } as ResolvedParams;
        const body = requestOf(sent).body as unknown as Body;
        expect(outside(body, ALLOWED)).toEqual([]);
        expect(outside(body.override_settings, new Set(OVERRIDE_KEYS))).toEqual([]);
        expect(body.save_images).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it("is refused by the contract before, by the name of the field", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.jsonValue(), (key, value) => {
        fc.pre(!(key in GenerationParams.shape) && key !== "__proto__");
        const given = { ...paramsOf(), [key]: value };
        expect(GenerationParams.safeParse(given).success).toBe(false);
      }),
    );
  });
});
