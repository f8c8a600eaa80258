import sharp from "sharp";
import { isObject, show } from "../../forge-api/compare/difference.ts";
import { readLayer } from "../page/canvas.ts";
import type { Screen } from "../page/screen.ts";

/** A picture of the screen: its colours, or the mask that is painted over it. */
type Layer = "colours" | "mask";

/** What stands on the screen, by the name that Forge's API has for it. */
export interface Shown {
  readonly values: Readonly<Record<string, unknown>>;
  readonly pictures: readonly {
    readonly field: string;
    readonly layer: Layer;
    readonly url: string;
  }[];
}

type Kind = "text" | "number" | "list";
type Row = readonly [field: string, id: string, kind: Kind];

const ALWAYS: readonly Row[] = [
  ["prompt", "prompt", "text"],
  ["negative_prompt", "neg_prompt", "text"],
  ["steps", "steps", "number"],
  ["sampler_name", "sampling", "list"],
  ["scheduler", "scheduler", "list"],
  ["width", "width", "number"],
  ["height", "height", "number"],
  ["cfg_scale", "cfg_scale", "number"],
  ["n_iter", "batch_count", "number"],
  ["batch_size", "batch_size", "number"],
  ["seed", "seed", "number"],
];

const WITH_HIRES: readonly Row[] = [
  ["denoising_strength", "denoising_strength", "number"],
  ["hr_upscaler", "hr_upscaler", "list"],
  ["hr_second_pass_steps", "hires_steps", "number"],
  ["hr_cfg", "hr_cfg", "number"],
];

/** Hires fix goes to a size, or to a multiple of the first one where both of the size are 0. */
const TO_SIZE: readonly Row[] = [
  ["hr_resize_x", "hr_resize_x", "number"],
  ["hr_resize_y", "hr_resize_y", "number"],
];
const TO_SCALE: readonly Row[] = [["hr_scale", "hr_scale", "number"]];

const WITH_REFINER: readonly Row[] = [
  ["refiner_checkpoint", "checkpoint", "list"],
  ["refiner_switch_at", "switch_at", "number"],
];

const IMG2IMG: readonly Row[] = [["denoising_strength", "denoising_strength", "number"]];
const INPAINT: readonly Row[] = [["mask_blur", "mask_blur", "number"]];

/** Where each way to give a picture has it. */
const CANVASES: Readonly<Record<string, string>> = {
  img2img_img2img_tab: "#img2img_image",
  img2img_inpaint_tab: "#img2maskimg",
};

const isNoSize = ([field]: Row) => field !== "width" && field !== "height";

async function readRows({ page, tab }: Screen, rows: readonly Row[]) {
  const read = async ([field, id, kind]: Row) => {
    const inner = { text: "textarea", number: "input[type=number]", list: "input" }[kind];
    const value = await page.locator(`#${tab}_${id} ${inner}`).first().inputValue();
    return [field, kind === "number" ? Number(value) : value] as const;
  };
  return Object.fromEntries(await Promise.all(rows.map(read)));
}

function isOn({ page, tab }: Screen, id: string): Promise<boolean> {
  return page.locator(`#${tab}_${id}-visible-checkbox`).isChecked();
}

async function readUnits({ page, tab }: Screen): Promise<unknown[]> {
  const units = [];
  for (const unit of [0, 1, 2]) {
    const id = `#${tab}_controlnet_ControlNet-${unit}_controlnet`;
    if (!(await page.locator(`${id}_enable_checkbox input`).isChecked())) {
      units.push({ enabled: false });
      continue;
    }
    const value = (part: string) => page.locator(`${id}_${part} input`).first().inputValue();
    units.push({
      enabled: true,
      module: await value("preprocessor_dropdown"),
      weight: Number(await value("control_weight_slider")),
    });
  }
  return units;
}

/** Forge works the size out from the picture: the fields of the other fold stand for nothing. */
function isResizedBy({ page }: Screen): Promise<boolean> {
  return page.locator("#img2img_tab_resize_by").isVisible();
}

/** Reads what stands on a screen, field by field, as the browser has it. */
export async function readScreen(screen: Screen): Promise<Shown> {
  const { page, tab } = screen;
  const rows: Row[] = [...ALWAYS];
  if (tab === "txt2img" && (await isOn(screen, "hr"))) {
    const sides = Object.values(await readRows(screen, TO_SIZE));
    rows.push(...WITH_HIRES, ...(sides.some((side) => side !== 0) ? TO_SIZE : TO_SCALE));
  }
  if (await isOn(screen, "enable")) rows.push(...WITH_REFINER);
  const units = await readUnits(screen);
  const unitsShown = units.some((unit) => isObject(unit) && unit.enabled === true) ? { units } : {};
  if (tab === "txt2img") {
    return { values: { ...(await readRows(screen, rows)), ...unitsShown }, pictures: [] };
  }
  const mode = await page
    .locator("#mode_img2img > .tab-nav .selected")
    .getAttribute("aria-controls");
  const canvas = CANVASES[mode ?? ""];
  rows.push(...IMG2IMG);
  if (await isResizedBy(screen)) rows.splice(0, rows.length, ...rows.filter(isNoSize));
  const pictures: Shown["pictures"][number][] = [];
  if (canvas !== undefined) {
    const url = await readLayer(page.locator(canvas), "background");
    pictures.push({ field: "init_images", layer: "colours", url });
  }
  if (mode === "img2img_inpaint_tab") {
    rows.push(...INPAINT);
    const url = await readLayer(page.locator(canvas ?? ""), "foreground");
    pictures.push({ field: "mask", layer: "mask", url });
  }
  return { values: { ...(await readRows(screen, rows)), ...unitsShown }, pictures };
}

/** ControlNet's units in a request, as far as the screen shows them; those that are off at the end may be cut. */
function unitsIn(body: Readonly<Record<string, unknown>>, count: number): unknown[] {
  const scripts = isObject(body.alwayson_scripts) ? body.alwayson_scripts : {};
  const script = Object.entries(scripts).find(([title]) => title.toLowerCase() === "controlnet");
  const args = isObject(script?.[1]) && Array.isArray(script[1].args) ? script[1].args : [];
  return Array.from({ length: count }, (_, at) => {
    const unit: unknown = args[at];
    if (!isObject(unit) || unit.enabled !== true) return { enabled: false };
    return { enabled: true, module: unit.module, weight: unit.weight };
  });
}

const fromDataUrl = (url: string) =>
  Buffer.from(url.replace(/^data:image\/\w+;base64,/, ""), "base64");

async function hasSamePixels(layer: Layer, shown: string, sent: unknown): Promise<boolean> {
  if (typeof sent !== "string") return false;
  const [one, two] = [fromDataUrl(shown), fromDataUrl(sent)];
  const onScreen =
    layer === "mask"
      ? sharp(one).extractChannel("alpha").threshold(129)
      : sharp(one).removeAlpha().toColourspace("srgb");
  const inRequest =
    layer === "mask"
      ? sharp(two).removeAlpha().greyscale()
      : sharp(two).removeAlpha().toColourspace("srgb");
  const [left, right] = await Promise.all([onScreen.raw().toBuffer(), inRequest.raw().toBuffer()]);
  return left.equals(right);
}

/** A checkpoint's name without folder and ending: Forge's lists show it shorter than its API is given it. */
const baseOf = (name: unknown) =>
  String(name)
    .replace(/^.*[\\/]/, "")
    .replace(/\.\w+$/, "");

function isSameValue(field: string, shown: unknown, sent: unknown): boolean {
  if (field === "refiner_checkpoint") return baseOf(shown) === baseOf(sent);
  return JSON.stringify(sent) === JSON.stringify(shown);
}

/** Holds the request that Forge's API got to what stood on the screen; one sentence for each difference. */
export async function compareWithScreen(
  { values, pictures }: Shown,
  body: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const units = Array.isArray(values.units) ? { units: unitsIn(body, values.units.length) } : {};
  const sent: Record<string, unknown> = { ...body, ...units };
  const differences = Object.entries(values).flatMap(([field, shown]) =>
    isSameValue(field, shown, sent[field])
      ? []
      : [
          `${field}: on the screen stands ${show(shown)}, Forge's API was given ${show(sent[field])}`,
        ],
  );
  for (const { field, layer, url } of pictures) {
    const value = body[field];
    const one: unknown = Array.isArray(value) ? value[0] : value;
    if (await hasSamePixels(layer, url, one)) continue;
    differences.push(`${field}: Forge's API was not given the pixels that are on the screen`);
  }
  return differences;
}
