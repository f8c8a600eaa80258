import { type ResolvedParams, SETTING_NAMES, type SettingName } from "@mobilesd/contract";
import type { Host } from "../../forge/host.ts";
import type { Failure } from "../failure/failure.ts";
import { refusal } from "./refusal.ts";

/**
 * Options that stand on Forge's settings page and that nothing in Forge reads any more (found by reading all
 * of its code): a job that asks for one would get the same picture without it.
 */
const UNREAD: ReadonlySet<SettingName> = new Set([
  "comma_padding_backtrack",
  "ddim_discretize",
  "enable_batch_seeds",
  "pad_cond_uncond",
  "pad_cond_uncond_v0",
  "refiner_switch_by_sample_steps",
  "sdxl_clip_l_skip",
  "upcast_attn",
  "use_downcasted_alpha_bar",
]);

/**
 * Read only when a model is loaded anew, and not restored with it: the job would run without it, say in its
 * infotext that it had it, or leave the model so for the next job (1.6.1).
 */
const WITH_THE_MODEL: ReadonlySet<SettingName> = new Set(["forge_unet_storage_dtype"]);

const isSame = (a: unknown, b: unknown) => a === b || String(a) === String(b);

function checkSetting(name: SettingName, asked: unknown, own: unknown): Failure | null {
  const field = `settings.${name}`;
  if (own === undefined) {
    return refusal("missing_name", field, `This server has no setting "${name}"`);
  }
  if (isSame(asked, own)) return null;
  if (UNREAD.has(name)) {
    const message = `Forge ignores the setting "${name}": leave it out, or at ${own} as it is here`;
    return refusal("invalid_job", field, message);
  }
  if (!WITH_THE_MODEL.has(name)) return null;
  const message = `Only its owner can change "${name}" on this server, where it is ${own}: Forge takes it only when it loads a model`;
  return refusal(
    "invalid_job",
    field,
    message,
    "It is Diffusion in Low Bits, at the top of the page",
  );
}

/** What a job asks of Forge's options and would not get. Null where all is fine, or not known. Pure. */
export function checkSettings(
  { settings = {} }: ResolvedParams,
  { own }: Pick<Host["options"], "own">,
): Failure | null {
  if (Object.keys(own).length === 0) return null;
  for (const name of SETTING_NAMES) {
    if (settings[name] === undefined) continue;
    const found = checkSetting(name, settings[name], own[name]);
    if (found) return found;
  }
  return null;
}

/** What Forge's API can put into an answer (modules/api/api.py `encode_pil_to_base64`). */
const FORMATS = ["png", "jpg", "jpeg", "webp"];

/** A format of pictures that Forge would find out about only after the generation. Null: it is none. Pure. */
export function checkFormat({
  samplesFormat,
}: Pick<Host["options"], "samplesFormat">): Failure | null {
  if (samplesFormat === null || FORMATS.includes(samplesFormat.toLowerCase())) return null;
  const message = `This server saves its pictures as ${samplesFormat}, which Forge cannot hand over: its owner must change that`;
  const owner =
    "In Forge's settings, Saving images/grids, set the file format for images to png, jpg or webp";
  return refusal("unsupported_format", null, message, owner);
}
