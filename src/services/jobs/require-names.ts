import {
  checkpointKeys,
  type GenerationParams,
  isCheckpointHash,
  LIMITS,
  lorasOf,
  resolveCheckpoint,
} from "@mobilesd/contract";
import { type NameKind, nearestNames } from "../../domain/names.ts";
import {
  findCheckpointsByHash,
  findNames,
  listNames,
  type ServerRow,
} from "../../storage/servers.ts";
import { type AppError, fieldError } from "../app-error.ts";
import type { Context } from "../context.ts";
import { findKnownName } from "./known-names.ts";

/** Looks up what a request names on one server; whatever it does not have is an error that names the field. */
export interface Names {
  /** The server's own spelling of a name. `field` is relative to `generation_params`. */
  require(kinds: readonly [NameKind, ...NameKind[]], field: string, given: string): Promise<string>;
  /** The server's own name of a checkpoint in any form that Forge's users write. */
  requireCheckpoint(field: string, given: string): Promise<string>;
}

const WORDS: Record<NameKind, string> = {
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
  script: "script",
};

const pathOf = (field: string) => `generation_params.${field}`;

async function unknownName(
  ctx: Context,
  server: ServerRow,
  kinds: readonly [NameKind, ...NameKind[]],
  field: string,
  given: string,
): Promise<AppError> {
  const lists = await Promise.all(kinds.map((kind) => listNames(ctx.db, server.alias, kind)));
  const message = `${server.alias} has no ${WORDS[kinds[0]]} of this name`;
  const choices = nearestNames(given, lists.flat());
  return fieldError("unknown_name", pathOf(field), message, { choices });
}

async function requireCheckpoint(
  ctx: Context,
  server: ServerRow,
  field: string,
  given: string,
): Promise<string> {
  const keys = checkpointKeys(given);
  const exact = await findKnownName(ctx, server, "checkpoint", keys[0] ?? "", given);
  if (exact) return exact.name;
  const named = await findNames(ctx.db, server.alias, "checkpoint", keys);
  const candidates =
    named.length === 0 && isCheckpointHash(given)
      ? await findCheckpointsByHash(ctx.db, server.alias, given)
      : named;
  const match = resolveCheckpoint(given, candidates);
  if (match.type === "found") return match.checkpoint.name;
  if (match.type === "unknown") throw await unknownName(ctx, server, ["checkpoint"], field, given);
  const { choices } = match;
  const message = "more than one file has this name";
  throw fieldError("ambiguous_name", pathOf(field), message, { choices });
}

/** The names of a server that has reported its catalogue. */
export function namesOf(ctx: Context, server: ServerRow): Names {
  return {
    async require(kinds, field, given) {
      for (const kind of kinds) {
        const known = await findKnownName(ctx, server, kind, given);
        if (known) return known.name;
      }
      throw await unknownName(ctx, server, kinds, field, given);
    },
    requireCheckpoint: (field, given) => requireCheckpoint(ctx, server, field, given),
  };
}

/** One missing LoRA makes Forge drop all of a prompt, so each is looked up: by its file's name or its alias. */
export async function requireLoras(names: Names, field: string, prompt: string): Promise<void> {
  const wanted = lorasOf(prompt);
  if (wanted.length > LIMITS.lorasMax) {
    const limit = LIMITS.lorasMax;
    throw fieldError("invalid_request", pathOf(field), "calls too many LoRAs", { limit });
  }
  for (const name of wanted) await names.require(["lora"], field, name);
}

/** VAE and text encoders with their endings; undefined where the request leaves them to the server. */
export async function requireModules(
  names: Names,
  field: string,
  modules: readonly string[] | undefined,
): Promise<string[] | undefined> {
  if (modules === undefined) return undefined;
  return Promise.all(modules.map((name) => names.require(["module"], field, name)));
}

/** Hires fix with every name in the server's own spelling. */
export async function requireHires(
  names: Names,
  hires: NonNullable<GenerationParams["hires"]>,
): Promise<NonNullable<GenerationParams["hires"]>> {
  const upscaler = ["latent_upscale_mode", "upscaler"] as const;
  await names.require(upscaler, "hires.upscaler", hires.upscaler);
  const { checkpoint_name, sampler_name, scheduler, prompt = "" } = hires;
  if (checkpoint_name) await names.requireCheckpoint("hires.checkpoint_name", checkpoint_name);
  if (sampler_name) await names.require(["sampler"], "hires.sampler_name", sampler_name);
  const modules = await requireModules(names, "hires.modules", hires.modules);
  await requireLoras(names, "hires.prompt", prompt);
  return {
    ...hires,
    ...(modules && { modules }),
    ...(scheduler && {
      scheduler: await names.require(["scheduler"], "hires.scheduler", scheduler),
    }),
  };
}
