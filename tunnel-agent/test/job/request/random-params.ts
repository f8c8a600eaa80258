import { LIMITS, ResolvedParams } from "@mobilesd/contract";
import * as fc from "fast-check";
import * as z from "zod";
import { LAB_CATALOGUE, uploadRef } from "./lab-host.ts";

const oneOf = (names: readonly string[]) => fc.constantFrom(...names);
const checkpoint = oneOf([
  "plain_sd15",
  "cyberrealisticPony_v8.safetensors",
  "Pony_cyberrealisticPony_v8",
]);
const sampler = oneOf(LAB_CATALOGUE.samplers);
const scheduler = oneOf(LAB_CATALOGUE.schedulers.flatMap((one) => [one.name, one.label]));
const upload = fc.integer({ min: 0, max: 9 }).map(uploadRef);

/** Anything that somebody may write, words that look like places of the host among it. */
const prompt = fc
  .oneof(
    fc.string({ unit: "grapheme", maxLength: 300 }),
    oneOf(["C:\\Users\\a", "../../etc/passwd", "/root", "<lora:lab_lora:0.5> a", "NaN", "\n# x"]),
  )
  .filter((text) => !text.includes("\0") && text.isWellFormed());

const unit = fc.record(
  {
    enabled: fc.boolean(),
    module: oneOf(LAB_CATALOGUE.controlnet_modules),
    model: oneOf(LAB_CATALOGUE.controlnet_models),
    weight: fc.double({ min: 0, max: 2, noNaN: true }),
    image: upload,
    mask_image: upload,
    resize_mode: oneOf(["Just Resize", "Resize and Fill"]),
    guidance_end: fc.double({ min: 0, max: 1, noNaN: true }),
    hr_option: oneOf(["Low res only", "High res only"]),
  },
  { requiredKeys: [] },
);
const argument = fc.oneof(fc.jsonValue(), upload, fc.record({ image: upload }));
const freeU = fc.array(argument, { maxLength: 7 }).map((args) => ({ args }));
const matrix = fc
  .array(argument, { minLength: 5, maxLength: 5 })
  .map((args) => ({ name: "Prompt matrix", args }));
const alwaysOn = fc.record(
  {
    ControlNet: fc.array(unit, { maxLength: 3 }).map((args) => ({ args })),
    "FreeU Integrated (SD 1.x, SD 2.x, SDXL)": freeU,
  },
  { requiredKeys: [] },
);

/** What a field may hold that the schema's limits alone do not tell. */
const FIELDS: Record<string, fc.Arbitrary<unknown>> = {
  positive_prompt: prompt,
  negative_prompt: prompt,
  prompt,
  checkpoint_name: checkpoint,
  sampler_name: sampler,
  scheduler,
  scheduler_or_quality_preset: scheduler,
  upscaler: oneOf([...LAB_CATALOGUE.upscalers, ...LAB_CATALOGUE.latent_upscale_modes]),
  styles: fc.array(oneOf(LAB_CATALOGUE.styles), { maxLength: 3 }),
  modules: fc.array(oneOf(LAB_CATALOGUE.modules), { maxLength: LIMITS.modulesMax }),
  img2img_background_color: oneOf(["#000000", "#12aB9f"]),
  init_image: upload,
  mask: upload,
  script: matrix,
  alwayson_scripts: alwaysOn,
  upscale: fc.constant(undefined),
};

function numbersOf(schema: z.ZodNumber): fc.Arbitrary<number> {
  const min = schema.minValue ?? 0;
  const max = schema.maxValue ?? 1;
  if (!schema.isInt) return fc.double({ min, max, noNaN: true });
  const checks = (schema._zod.def.checks ?? []).map((one) => one._zod.def);
  const step = checks.find((one) => one.check === "multiple_of") as { value?: number } | undefined;
  const by = step?.value ?? 1;
  const range = { min: Math.ceil(min / by), max: Math.floor(max / by) };
  return fc.integer(range).map((value) => value * by);
}

/** Values of a schema, from its own limits. */
function valuesOf(schema: z.core.$ZodType, field: string): fc.Arbitrary<unknown> {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return fc.option(valuesOf(schema.unwrap(), field), { nil: undefined });
  }
  const own = FIELDS[field];
  if (own) return own;
  if (schema instanceof z.ZodNumber) return numbersOf(schema);
  if (schema instanceof z.ZodBoolean) return fc.boolean();
  if (schema instanceof z.ZodEnum) return fc.constantFrom(...schema.options);
  if (!(schema instanceof z.ZodObject)) throw new Error(`No values are known for ${field}`);
  const fields = Object.entries<z.core.$ZodType>(schema.shape).map(
    ([name, one]) => [name, valuesOf(one, name)] as const,
  );
  return fc.record(Object.fromEntries(fields));
}

type Hires = Record<string, unknown> | undefined;

/** A second pass has either a scale or sides. */
function withOneSize(given: { readonly hires?: Hires }) {
  const { width, height, scale } = given.hires ?? {};
  const isBySize = width !== undefined || height !== undefined;
  if (scale === undefined || !isBySize) return given;
  return { ...given, hires: { ...given.hires, scale: undefined } };
}

/** Whatever may stand in `generation_params`, by the limits of its schema, of names that the lab's Forge has. */
export const randomParams: fc.Arbitrary<ResolvedParams> = valuesOf(ResolvedParams, "")
  .map((given) => ResolvedParams.safeParse(withOneSize(given as object)))
  .filter((parsed) => parsed.success)
  .map((parsed) => parsed.data as ResolvedParams);
