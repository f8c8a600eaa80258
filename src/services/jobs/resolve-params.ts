import {
  type ErrorDetail,
  GenerationParams,
  LIMITS,
  lorasOf,
  type ResolvedParams,
  type SubmitJob,
  UNBUILT_PARAMS,
} from "@mobilesd/contract";
import { parseInfotext } from "../../domain/infotext.ts";
import {
  checkpointKeys,
  isCheckpointHash,
  type NameKind,
  nearestNames,
  resolveCheckpoint,
  resolveSchedule,
} from "../../domain/names.ts";
import { picturesOf } from "../../domain/stored-params.ts";
import {
  findCheckpointsByHash,
  findNames,
  listNames,
  type ServerRow,
} from "../../storage/servers.ts";
import { AppError, fieldError } from "../app-error.ts";
import type { Context } from "../context.ts";
import { findKnownName } from "./known-names.ts";

/** Parameters that a server can run, and the host's own name of their checkpoint. */
export interface Resolved {
  readonly params: ResolvedParams;
  readonly checkpointName: string;
}

/** The parameters of a request, read from its infotext where it brought one. Unbuilt fields are refused. */
export function readParams(input: SubmitJob): GenerationParams {
  const params = input.generation_params ?? readInfotext(input.generation_info_raw ?? "");
  const unbuilt = UNBUILT_PARAMS.filter((field) => params[field] !== undefined);
  if (unbuilt.length > 0) {
    throw new AppError(
      "not_built",
      unbuilt.map((name) => ({
        field: `generation_params.${name}`,
        message: "no agent runs this yet",
      })),
    );
  }
  if (picturesOf(params) > LIMITS.imagesPerJobMax) {
    const limit = LIMITS.imagesPerJobMax;
    const message = "batch_size times n_iter is more pictures than a job may have";
    throw fieldError("invalid_request", "generation_params.n_iter", message, { limit });
  }
  return params;
}

function readInfotext(text: string): GenerationParams {
  const read = parseInfotext(text);
  if (!read.ok) throw new AppError("invalid_request", read.error);
  const parsed = GenerationParams.safeParse(read.value);
  if (parsed.success) return parsed.data;
  throw new AppError(
    "invalid_request",
    parsed.error.issues.map(
      (issue): ErrorDetail => ({
        field: "generation_info_raw",
        message: `${issue.path.join(".")}: ${issue.message}`,
      }),
    ),
  );
}

async function unknownName(
  ctx: Context,
  server: ServerRow,
  kind: NameKind,
  field: string,
  given: string,
): Promise<AppError> {
  const choices = nearestNames(given, await listNames(ctx.db, server.alias, kind));
  return fieldError("unknown_name", field, `${server.alias} has no ${kind} of this name`, {
    choices,
  });
}

async function resolveCheckpointName(
  ctx: Context,
  server: ServerRow,
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
  const resolved = resolveCheckpoint(given, candidates);
  if (resolved.ok) return resolved.value.name;
  const field = "generation_params.checkpoint_name";
  if (resolved.error.code === "unknown_name") {
    throw await unknownName(ctx, server, "checkpoint", field, given);
  }
  const { choices } = resolved.error;
  throw fieldError("ambiguous_name", field, "more than one file has this name", { choices });
}

async function requireNames(
  ctx: Context,
  server: ServerRow,
  kind: "sampler" | "style",
  field: string,
  wanted: readonly string[],
): Promise<void> {
  for (const name of wanted) {
    const known = await findKnownName(ctx, server, kind, name, name);
    if (!known) throw await unknownName(ctx, server, kind, field, name);
  }
}

/** A LoRA is known by its file's name or by its alias. */
async function requireLoras(ctx: Context, server: ServerRow, prompt: string): Promise<void> {
  const field = "generation_params.positive_prompt";
  const wanted = lorasOf(prompt);
  if (wanted.length > LIMITS.lorasMax) {
    throw fieldError("invalid_request", field, "calls too many LoRAs", { limit: LIMITS.lorasMax });
  }
  for (const name of wanted) {
    const known = await findKnownName(ctx, server, "lora", name);
    if (!known) throw await unknownName(ctx, server, "lora", field, name);
  }
}

async function findSchedulers(ctx: Context, server: ServerRow, words: readonly string[]) {
  const found = words.map((word) => findKnownName(ctx, server, "scheduler", word));
  return (await Promise.all(found)).filter((one) => one !== undefined);
}

/**
 * Decides what a request means on a server: names must be in its catalogue, exactly as Forge spells them.
 * A server that never reported one takes the job as it is; the agent checks it before it runs.
 */
export async function resolveParams(
  ctx: Context,
  server: ServerRow,
  params: GenerationParams,
): Promise<Resolved> {
  const hasCatalogue = server.catalogueSha256 !== null;
  const words = [params.scheduler, params.scheduler_or_quality_preset].filter(
    (word) => word !== undefined,
  );
  const schedulers = hasCatalogue ? await findSchedulers(ctx, server, words) : null;
  const schedule = resolveSchedule(params, schedulers);
  if (!schedule.ok) {
    const { isUnknownName, ...detail } = schedule.error;
    if (!isUnknownName) throw new AppError("invalid_request", [detail]);
    const known = await listNames(ctx.db, server.alias, "scheduler");
    const choices = nearestNames(words.join(" "), known);
    throw new AppError("unknown_name", [{ ...detail, choices }]);
  }
  const resolved: ResolvedParams = { ...params, ...schedule.value };
  if (!hasCatalogue) return { params: resolved, checkpointName: params.checkpoint_name };
  const checkpointName = await resolveCheckpointName(ctx, server, params.checkpoint_name);
  await requireNames(ctx, server, "sampler", "generation_params.sampler_name", [
    params.sampler_name,
  ]);
  await requireNames(ctx, server, "style", "generation_params.styles", params.styles);
  await requireLoras(ctx, server, params.positive_prompt);
  return { params: resolved, checkpointName };
}
