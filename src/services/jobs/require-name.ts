import { isCheckpointHash } from "@mobilesd/contract";
import { type JobName, type Known, matchName } from "../../domain/job-names.ts";
import { type NameKind, nearestNames, type ScriptKind } from "../../domain/names.ts";
import {
  findCheckpointsByHash,
  findNames,
  listNames,
  type ServerRow,
} from "../../storage/servers.ts";
import { type AppError, fieldError } from "../app-error.ts";
import type { Context } from "../context.ts";

const WORDS: Record<Exclude<NameKind, ScriptKind>, string> = {
  checkpoint: "checkpoint",
  sampler: "sampler",
  scheduler: "scheduler",
  style: "style",
  module: "VAE or text encoder",
  lora: "LoRA",
  embedding: "embedding",
  upscaler: "upscaler",
  latent_upscale_mode: "upscaler",
  controlnet_model: "ControlNet model",
  controlnet_module: "ControlNet preprocessor",
};

const SCRIPT_KINDS: readonly ScriptKind[] = [
  "txt2img_script",
  "img2img_script",
  "txt2img_alwayson",
  "img2img_alwayson",
];

const isScript = (kind: NameKind): kind is ScriptKind => SCRIPT_KINDS.some((one) => one === kind);
const isAlwaysOn = (kind: NameKind) => kind.endsWith("_alwayson");

/** Why a script does not run where it was named: the server may have it elsewhere. */
async function scriptSentence(ctx: Context, server: ServerRow, kind: ScriptKind, title: string) {
  const places = SCRIPT_KINDS.map((one) => ({ kind: one, key: title }));
  const found = (await findNames(ctx.db, server.alias, places)).map((one) => one.kind);
  const ofItsSort = found.find((one) => isAlwaysOn(one) === isAlwaysOn(kind));
  if (ofItsSort !== undefined) {
    const how = ofItsSort.startsWith("img2img") ? "with" : "without";
    return `works only ${how} an input picture`;
  }
  if (found.length > 0) {
    return isAlwaysOn(kind)
      ? "is not always on: name it in script"
      : "is always on: name it in alwayson_scripts";
  }
  return isAlwaysOn(kind)
    ? `${server.alias} has no always-on script "${title}"`
    : `${server.alias} has no script "${title}" that the queue may run; its owner can allow more`;
}

/** The error for a name that a server does not have, with the nearest that it has. */
async function unknownName(ctx: Context, server: ServerRow, wanted: JobName): Promise<AppError> {
  const { kinds, field, given } = wanted;
  const [kind] = kinds;
  const lists = await Promise.all(kinds.map((kind) => listNames(ctx.db, server.alias, kind)));
  const message = isScript(kind)
    ? await scriptSentence(ctx, server, kind, given)
    : `${server.alias} has no ${WORDS[kind]} "${given}"`;
  const choices = nearestNames(given, [...new Set(lists.flat())]);
  return fieldError("unknown_name", `generation_params.${field}`, message, { choices });
}

/**
 * The one name of a server that a request means. A checkpoint may also be written as its hash. Throws
 * `unknown_name` with the nearest, `ambiguous_name` with all that share it; both name the field.
 */
export async function requireName(
  ctx: Context,
  server: ServerRow,
  wanted: JobName,
  known: Known,
): Promise<string> {
  const { kinds, given, field } = wanted;
  let match = matchName(wanted, known);
  if (match.type === "unknown" && kinds[0] === "checkpoint" && isCheckpointHash(given)) {
    const hashed = await findCheckpointsByHash(ctx.db, server.alias, given);
    match = matchName(wanted, () => hashed);
  }
  if (match.type === "found") return match.name;
  if (match.type === "unknown") throw await unknownName(ctx, server, wanted);
  const { choices } = match;
  const message = `more than one file is called "${given}"`;
  throw fieldError("ambiguous_name", `generation_params.${field}`, message, { choices });
}
