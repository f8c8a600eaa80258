import {
  CONTROLNET_TITLE,
  controlNetUnits,
  type ResolvedParams,
  type Size,
  uploadsInArgs,
} from "@mobilesd/contract";
import { type Picture, pictureOf } from "../../picture.ts";
import type { Failure } from "../failure/failure.ts";
import { type Decoded, decodePicture } from "./decode-picture.ts";
import { refusal } from "./refusal.ts";

/** What a picture is for, as far as it must hold something. */
type Role = "init" | "mask" | "unit_image" | "unit_mask" | "script";
/** Whose transparency means something, also that of a grey picture. */
const ALPHA_ROLES: readonly Role[] = ["mask", "unit_image", "unit_mask"];

/** One place of a job that names a picture. */
interface Use {
  readonly role: Role;
  readonly field: string;
  /** How a sentence calls the picture. */
  readonly words: string;
  readonly upload_id: string;
}

function* unitUses({ alwayson_scripts }: ResolvedParams): Generator<Use> {
  const title = Object.keys(alwayson_scripts ?? {}).find(
    (one) => one.toLowerCase() === CONTROLNET_TITLE,
  );
  for (const [at, unit] of controlNetUnits(alwayson_scripts).entries()) {
    if (!unit.enabled) continue;
    const path = `alwayson_scripts.${title}.args.${at}`;
    const of = `of ControlNet unit ${at}`;
    if (unit.image) {
      const words = `The picture ${of}`;
      yield { role: "unit_image", field: `${path}.image`, words, ...unit.image };
    }
    if (unit.mask_image) {
      const words = `The mask ${of}`;
      yield { role: "unit_mask", field: `${path}.mask_image`, words, ...unit.mask_image };
    }
  }
}

/** Every picture that a body will hold. */
function* usesOf(params: ResolvedParams): Generator<Use> {
  const { img2img, script, alwayson_scripts = {} } = params;
  if (img2img) {
    const words = "The input picture";
    yield { role: "init", field: "img2img.init_image", words, ...img2img.init_image };
  }
  if (img2img?.mask) {
    yield { role: "mask", field: "img2img.mask", words: "The mask", ...img2img.mask };
  }
  yield* unitUses(params);
  const others = Object.entries(alwayson_scripts)
    .filter(([title]) => title.toLowerCase() !== CONTROLNET_TITLE)
    .map(([title, one]) => [`alwayson_scripts.${title}.args`, title, one.args] as const);
  const chosen = script ? [["script.args", script.name, script.args] as const] : [];
  for (const [field, title, args] of [...chosen, ...others]) {
    for (const ref of uploadsInArgs(args)) {
      yield { role: "script", field, words: `A picture of the script "${title}"`, ...ref };
    }
  }
}

/** Whether any value fits, of every channel of every pixel. */
const someValue = ({ pixels }: Decoded, fits: (value: number) => boolean) => pixels.some(fits);

function someAlpha({ pixels, channels }: Decoded, fits: (alpha: number) => boolean): boolean {
  for (let at = channels - 1; at < pixels.length; at += channels) {
    if (fits(pixels[at] ?? 0)) return true;
  }
  return false;
}

/** Brightness as Pillow counts it (ITU-R 601-2, 16 bits of fraction). */
function someBrightness({ pixels, channels }: Decoded, fits: (brightness: number) => boolean) {
  const isGrey = channels === 1;
  for (let at = 0; at < pixels.length; at += channels) {
    const red = pixels[at] ?? 0;
    const mixed = red * 19_595 + (pixels[at + 1] ?? 0) * 38_470 + (pixels[at + 2] ?? 0) * 7_471;
    if (fits(isGrey ? red : (mixed + 32_768) >> 16)) return true;
  }
  return false;
}

/** What counts as painted in a mask by its transparency, and by its brightness once it is rounded. */
const ALPHA_PAINTED_MIN = 129;
const BRIGHTNESS_PAINTED_MIN = 128;

/**
 * Whether a mask leaves Forge nothing to repaint: it takes its transparency where it has any, else its
 * brightness (processing.py `create_binary_mask`, `mask_round`).
 */
function isBlank(mask: Decoded, isInverted: boolean): boolean {
  if (mask.channels === 4 && someAlpha(mask, (alpha) => alpha < 255)) {
    return !someAlpha(mask, (alpha) => alpha >= ALPHA_PAINTED_MIN !== isInverted);
  }
  const painted = (value: number) => (isInverted ? 255 - value : value) >= BRIGHTNESS_PAINTED_MIN;
  return !someBrightness(mask, painted);
}

/** ControlNet takes what lies below for nothing, and then fails in silence or leaves it out (1.13, 4.4). */
const UNIT_IMAGE_MIN = 5;
const UNIT_MASK_MIN = 6;

function checkUse({ role, field, words }: Use, decoded: Decoded, params: ResolvedParams) {
  if (role === "mask") {
    const isInverted = params.img2img?.inpainting_mask_invert === 1;
    if (!isBlank(decoded, isInverted)) return null;
    const rest = isInverted ? "covers all, and is inverted" : "is empty";
    const message = `${words} ${rest}: nothing would be repainted. Paint in white what is to change`;
    return refusal("blank_mask", field, message);
  }
  if (role === "unit_image" && !someValue(decoded, (value) => value >= UNIT_IMAGE_MIN)) {
    const message = `${words} is all black: ControlNet would leave it out without a word`;
    return refusal("bad_image", field, message);
  }
  if (role === "unit_mask" && !someValue(decoded, (value) => value >= UNIT_MASK_MIN)) {
    const message = `${words} is all black: ControlNet would work without it`;
    return refusal("blank_mask", field, message);
  }
  return null;
}

const isSameSize = (a: Size, b: Size) => a.width === b.width && a.height === b.height;

/** Forge cuts the masked part out of the picture by where it lies in the mask, whatever their sizes. */
function checkSizes(params: ResolvedParams, sizes: ReadonlyMap<Role, Size>): Failure | null {
  const init = sizes.get("init");
  const mask = sizes.get("mask");
  if (!params.img2img?.inpaint_full_res || !init || !mask || isSameSize(init, mask)) return null;
  const message = `The mask has ${mask.width}x${mask.height} pixels, the picture ${init.width}x${init.height}: to repaint only the masked part both must have the same size`;
  return refusal("invalid_job", "img2img.mask", message);
}

/** The pictures of a job, as they are sent. */
export interface CheckedPictures {
  readonly pictures: ReadonlyMap<string, Picture>;
  /** Of the input picture of img2img. */
  readonly inputSize: Size | null;
}

/**
 * Looks at every picture that a job sends: readable to its end, and holding what its place needs. Those that
 * are stored in a way that Forge misreads are stored anew. One at a time, so that one is decoded at once.
 */
export async function checkPictures(
  params: ResolvedParams,
  given: ReadonlyMap<string, Picture>,
): Promise<CheckedPictures | Failure> {
  const uses = [...usesOf(params)];
  const pictures = new Map<string, Picture>();
  const sizes = new Map<Role, Size>();
  for (const upload_id of new Set(uses.map((use) => use.upload_id))) {
    const usesOfIt = uses.filter((one) => one.upload_id === upload_id);
    const picture = pictureOf(given, { upload_id });
    const keepsAlpha = usesOfIt.every(({ role }) => ALPHA_ROLES.includes(role));
    const decoded = await decodePicture(picture, keepsAlpha);
    for (const use of usesOfIt) {
      if (!decoded) {
        const message = `${use.words} cannot be read: upload it again, as PNG, JPEG or WebP`;
        return refusal("bad_image", use.field, message);
      }
      const found = checkUse(use, decoded, params);
      if (found) return found;
      sizes.set(use.role, decoded.size);
    }
    // How a script reads its pictures only the script knows.
    const isForScripts = usesOfIt.every(({ role }) => role === "script");
    pictures.set(upload_id, isForScripts ? picture : (decoded?.plain ?? picture));
  }
  return checkSizes(params, sizes) ?? { pictures, inputSize: sizes.get("init") ?? null };
}
