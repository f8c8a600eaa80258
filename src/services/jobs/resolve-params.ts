import {
  CONTROLNET_TITLE,
  controlNetUnits,
  type ErrorDetail,
  findProblems,
  GenerationParams,
  type ResolvedParams,
  type SubmitJob,
  UNBUILT_PARAMS,
} from "@mobilesd/contract";
import { parseInfotext } from "../../domain/infotext.ts";
import { nearestNames, resolveSchedule } from "../../domain/names.ts";
import { listNames, type ServerRow } from "../../storage/servers.ts";
import { AppError } from "../app-error.ts";
import type { Context } from "../context.ts";
import { findKnownName } from "./known-names.ts";
import {
  type Names,
  namesOf,
  requireHires,
  requireLoras,
  requireModules,
} from "./require-names.ts";

/** Parameters that a server can run, and the host's own name of their checkpoint. */
export interface Resolved {
  readonly params: ResolvedParams;
  readonly checkpointName: string;
}

/**
 * The parameters of a request, read from its infotext where it brought one. Fields that are not built, and
 * such that contradict each other, are refused by name.
 */
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
  const problems = findProblems(params);
  if (problems.length > 0) {
    const details = problems.map((one) => ({ ...one, field: `generation_params.${one.field}` }));
    throw new AppError("invalid_request", details);
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

async function findSchedulers(ctx: Context, server: ServerRow, words: readonly string[]) {
  const found = words.map((word) => findKnownName(ctx, server, "scheduler", word));
  return (await Promise.all(found)).filter((one) => one !== undefined);
}

/** Steps and scheduler of a request; `hasCatalogue` false keeps the words as they are. */
async function decideSchedule(
  ctx: Context,
  server: ServerRow,
  params: GenerationParams,
  hasCatalogue: boolean,
): Promise<ResolvedParams> {
  const words = [params.scheduler, params.scheduler_or_quality_preset].filter(
    (word) => word !== undefined,
  );
  const schedulers = hasCatalogue ? await findSchedulers(ctx, server, words) : null;
  const schedule = resolveSchedule(params, schedulers);
  if (schedule.ok) return { ...params, ...schedule.value };
  const { isUnknownName, ...detail } = schedule.error;
  if (!isUnknownName) throw new AppError("invalid_request", [detail]);
  const known = await listNames(ctx.db, server.alias, "scheduler");
  const choices = nearestNames(words.join(" "), known);
  throw new AppError("unknown_name", [{ ...detail, choices }]);
}

async function requireScripts(names: Names, params: GenerationParams): Promise<void> {
  // The lists know a script by its title in lower case, as Forge compares it.
  const { script, alwayson_scripts = {} } = params;
  if (script) await names.require(["script"], "script.name", script.name.toLowerCase());
  for (const title of Object.keys(alwayson_scripts)) {
    const field = `alwayson_scripts.${title}`;
    await names.require(["script"], field, title.toLowerCase());
    if (title.toLowerCase() !== CONTROLNET_TITLE) continue;
    for (const [at, unit] of controlNetUnits(alwayson_scripts).entries()) {
      if (!unit.enabled) continue;
      await names.require(["controlnet_model"], `${field}.args.${at}.model`, unit.model);
      await names.require(["controlnet_module"], `${field}.args.${at}.module`, unit.module);
    }
  }
}

/** Every name of a request, looked up; those that Forge needs exactly come back in its own spelling. */
async function requireAllNames(names: Names, params: ResolvedParams): Promise<ResolvedParams> {
  await names.require(["sampler"], "sampler_name", params.sampler_name);
  for (const style of params.styles) await names.require(["style"], "styles", style);
  await requireLoras(names, "positive_prompt", params.positive_prompt);
  if (params.refiner) {
    await names.requireCheckpoint("refiner.checkpoint_name", params.refiner.checkpoint_name);
  }
  await requireScripts(names, params);
  const modules = await requireModules(names, "modules", params.modules);
  const hires = params.hires && (await requireHires(names, params.hires));
  return { ...params, ...(modules && { modules }), ...(hires && { hires }) };
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
  const scheduled = await decideSchedule(ctx, server, params, hasCatalogue);
  if (!hasCatalogue) return { params: scheduled, checkpointName: params.checkpoint_name };
  const names = namesOf(ctx, server);
  const checkpointName = await names.requireCheckpoint("checkpoint_name", params.checkpoint_name);
  return { params: await requireAllNames(names, scheduled), checkpointName };
}
