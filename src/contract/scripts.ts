import * as z from "zod";
import { LIMITS } from "./limits.ts";
import { forgeName, isStorable, text } from "./text.ts";
import { asUploadRef, UploadRef } from "./upload-ref.ts";

/** Where a text may begin to name a place: a line, the value of an option as a shell has it, or of a setting. */
const START =
  /(?:^|(?<=^|\s)--[\w-]+(?=[\s=])|=)[^\S\r\n\u2028\u2029]*(?:["'][^\S\r\n\u2028\u2029]*)?/u;

/** An address; a drive, a share, a root with a part behind it, or a home. `\(` is how a prompt writes a bracket. */
const BEGINNINGS = [
  /[A-Za-z][A-Za-z0-9+.-]+:(?:\/|\\\\)/u,
  /[A-Za-z]:[\\/]/u,
  /\/+[^\s/]/u,
  /[\\/]{2,}[\p{L}\p{N}_.?]/u,
  /\\[\p{L}\p{N}_][^\\/\s]*(?:\/[^\s\\/]|\.[\p{L}\p{N}_])/u,
  /\\[\p{L}\p{N}_][^\\/\r\n,()]*\\[\p{L}\p{N}_.]/u,
  /~(?:[^\\/\s]*[\\/]|\s*$)/u,
  /\.\.(?:[\\/]|\s*$)/u,
];

const eitherOf = (ways: readonly RegExp[]) => ways.map(({ source }) => source).join("|");

/**
 * A place that a script might read, write or fetch: one that a line, an option or a setting begins with, or a
 * way up anywhere. A data URL is none: it is the picture itself.
 */
const PLACE = new RegExp(
  `${START.source}(?:${eitherOf(BEGINNINGS)})|${/[\\/]\.\.(?:[\\/]|\s*$)/u.source}`,
  "mu",
);

type Path = readonly (string | number)[];

/** Every value inside an argument, itself first, with the way to it. */
function* partsOf(value: unknown, path: Path): Generator<{ value: unknown; path: Path }> {
  yield { value, path };
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield* partsOf(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

function faultOfText(value: string): string | null {
  if (PLACE.test(value)) return "names a folder or an address; hand pictures over as uploads";
  return isStorable(value) ? null : "not storable text";
}

/** Why a value may not stand in an argument, looked at by itself; null where it may. */
function faultOf(value: unknown): string | null {
  if (typeof value === "string") return faultOfText(value);
  if (typeof value === "number") return Number.isFinite(value) ? null : "not a number of JSON";
  if (typeof value === "boolean" || value === null) return null;
  if (typeof value !== "object") return "not a value of JSON";
  // An object that says `upload_id` and is no upload would reach the script as it is, without a picture.
  if (Object.hasOwn(value, "upload_id") && asUploadRef(value) === null) return "not an upload";
  const fault = Object.keys(value)
    .map(faultOfText)
    .find((one) => one !== null);
  return fault ?? null;
}

/**
 * The arguments of a script in its own order: plain JSON, where a picture is `{upload_id}`. A script may
 * read or write whatever file it is told, so no argument names a place on the box or on the network.
 */
const ScriptArgs = z
  .array(z.unknown())
  .max(LIMITS.scriptArgsMax)
  .superRefine((args, ctx) => {
    for (const { value, path } of partsOf(args, [])) {
      const message = faultOf(value);
      if (message !== null) ctx.addIssue({ code: "custom", path: [...path], message });
    }
  });

/** The labels that the arguments had where the job was made: the script's fingerprint. */
const ArgLabels = z.array(text(LIMITS.argLabelCharsMax).nullable()).max(LIMITS.scriptArgsMax);

const SCRIPT = { args: ScriptArgs, arg_labels: ArgLabels.optional() };

const hasLabels = (script: { args: unknown[]; arg_labels?: unknown[] | undefined }) =>
  script.arg_labels === undefined || script.arg_labels.length === script.args.length;
const AS_MANY = { path: ["arg_labels"], message: "must be as many as args" };

const AlwaysonScript = z.strictObject(SCRIPT).refine(hasLabels, AS_MANY);
export type AlwaysonScript = z.infer<typeof AlwaysonScript>;

/** One script of the page's "Script" list. */
export const SelectableScript = z
  .strictObject({ name: forgeName(), ...SCRIPT })
  .refine(hasLabels, AS_MANY);
export type SelectableScript = z.infer<typeof SelectableScript>;

/** The title, in lower case, of the script whose arguments are units. */
export const CONTROLNET_TITLE = "controlnet";

/** Why no server runs these selectable scripts for the queue, by title in lower case. */
export const NEVER_QUEUED_SCRIPTS: ReadonlyMap<string, string> = new Map([
  // Runs many generations in one: neither their time nor their number can be told.
  [
    "x/y/z plot",
    "no server lets the queue run X/Y/Z plot; queue its pictures as jobs of their own",
  ],
  // Takes a line such as `--outpath_samples FOLDER` for a job of its own (scripts/prompts_from_file.py).
  [
    "prompts from file or textbox",
    "no server lets the queue run Prompts from file or textbox: its lines say where files go; queue each prompt as a job of its own",
  ],
]);

/** Forge's page fills fields of the request with these; over the API their arguments do nothing. In lower case. */
export const PAGE_ONLY_SCRIPTS: readonly string[] = ["sampler", "seed", "refiner"];

/** Forge's own always-on scripts, which leave prompts as they are. In lower case. */
const FORGE_ALWAYSON_SCRIPTS: readonly string[] = [
  CONTROLNET_TITLE,
  ...PAGE_ONLY_SCRIPTS,
  "dynamicthresholding (cfg-fix) integrated",
  "extra options",
  "freeu integrated (sd 1.x, sd 2.x, sdxl)",
  "kohya hrfix integrated",
  "latentmodifier integrated",
  "multidiffusion integrated",
  "never oom integrated",
  "perturbedattentionguidance integrated",
  "selfattentionguidance integrated (sd 1.x, sd 2.x, sdxl)",
  "soft inpainting",
  "stylealign integrated",
];

const weight = () => z.number().min(0).max(2);
const portion = () => z.number().min(0).max(1);

/**
 * One unit of ControlNet with what Forge's API takes (lib_controlnet/external_code.py). Fields that only
 * its page fills, and every folder to read from or write to, are not among them.
 */
export const ControlNetUnit = z.strictObject({
  enabled: z.boolean().default(true),
  module: forgeName().default("None"),
  model: forgeName().default("None"),
  weight: weight().default(1),
  /** Absent in img2img: the input picture itself. */
  image: UploadRef.optional(),
  mask_image: UploadRef.optional(),
  resize_mode: z
    .enum(["Just Resize", "Crop and Resize", "Resize and Fill"])
    .default("Crop and Resize"),
  /** -1: as the preprocessor has it. Forge's page holds 0.5 for one that has none. */
  processor_res: z.number().min(-1).max(LIMITS.sidePixelsMax).default(-1),
  threshold_a: z.number().min(-1).max(LIMITS.sidePixelsMax).default(-1),
  threshold_b: z.number().min(-1).max(LIMITS.sidePixelsMax).default(-1),
  guidance_start: portion().default(0),
  guidance_end: portion().default(1),
  pixel_perfect: z.boolean().default(false),
  control_mode: z
    .enum(["Balanced", "My prompt is more important", "ControlNet is more important"])
    .default("Balanced"),
  hr_option: z.enum(["Both", "Low res only", "High res only"]).default("Both"),
  /** The control map stays in Forge either way: only results are uploaded. */
  save_detected_map: z.boolean().default(true),
});
export type ControlNetUnit = z.infer<typeof ControlNetUnit>;

/** Always-on scripts by title, in either case; ControlNet's arguments are units. */
export const AlwaysonScripts = z.record(forgeName(), AlwaysonScript).superRefine((scripts, ctx) => {
  const titles = Object.keys(scripts);
  if (titles.length > LIMITS.alwaysonScriptsMax) {
    ctx.addIssue({ code: "custom", message: `more than ${LIMITS.alwaysonScriptsMax} scripts` });
  }
  if (new Set(titles.map((title) => title.toLowerCase())).size < titles.length) {
    ctx.addIssue({ code: "custom", message: "the same script twice" });
  }
  for (const title of titles.filter((one) => one.toLowerCase() === CONTROLNET_TITLE)) {
    for (const [at, arg] of (scripts[title]?.args ?? []).entries()) {
      const unit = ControlNetUnit.safeParse(arg);
      for (const issue of unit.error?.issues ?? []) {
        ctx.addIssue({ ...issue, path: [title, "args", at, ...issue.path] });
      }
    }
  }
});
export type AlwaysonScripts = z.infer<typeof AlwaysonScripts>;

/** Whether a job uses an always-on script of an extension, which may make another prompt of the job's. */
export function mayRewritePrompts(scripts: AlwaysonScripts | undefined): boolean {
  const titles = Object.keys(scripts ?? {}).map((title) => title.toLowerCase());
  return titles.some((title) => !FORGE_ALWAYSON_SCRIPTS.includes(title));
}

/** The units of ControlNet that a job holds, with defaults filled in; none where it does not use it. */
export function controlNetUnits(scripts: AlwaysonScripts | undefined): ControlNetUnit[] {
  const found = Object.entries(scripts ?? {}).find(
    ([title]) => title.toLowerCase() === CONTROLNET_TITLE,
  );
  return (found?.[1].args ?? []).map((arg) => ControlNetUnit.parse(arg));
}

/** The input pictures among a script's arguments, in order. */
export function uploadsInArgs(args: readonly unknown[]): UploadRef[] {
  return [...partsOf(args, [])]
    .map(({ value }) => asUploadRef(value))
    .filter((ref) => ref !== null);
}
