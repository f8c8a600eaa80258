import {
  type ErrorDetail,
  findProblems,
  GenerationParams,
  type ResolvedParams,
  type SubmitJob,
  UNBUILT_PARAMS,
} from "@mobilesd/contract";
import { parseInfotext } from "../../domain/infotext.ts";
import {
  checkpointOf,
  type Known,
  namesOf,
  respell,
  scheduleWords,
} from "../../domain/job-names.ts";
import { nearestNames, resolveSchedule } from "../../domain/names.ts";
import { listNames, type ServerRow } from "../../storage/servers.ts";
import { AppError } from "../app-error.ts";
import type { Context } from "../context.ts";
import { findKnownNames } from "./known-names.ts";
import { requireName } from "./require-name.ts";

/** Parameters that a server can run, and the host's own name of their checkpoint. */
export interface Resolved {
  readonly params: ResolvedParams;
  readonly checkpointName: string;
}

/** The parameters of a request, read from its infotext where it brought one. */
export function readParams(input: SubmitJob): GenerationParams {
  return requireSound(input.generation_params ?? readInfotext(input.generation_info_raw ?? ""));
}

/** Parameters as they are; fields that are not built, and such that contradict each other, are refused by name. */
export function requireSound(params: GenerationParams): GenerationParams {
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

/** Steps and scheduler of a request; without a catalogue (`known` null) the words are kept as they are. */
async function decideSchedule(
  ctx: Context,
  server: ServerRow,
  params: GenerationParams,
  known: Known | null,
): Promise<ResolvedParams> {
  const words = scheduleWords(params);
  const schedulers = known && words.flatMap(known);
  const schedule = resolveSchedule(params, schedulers);
  if (schedule.ok) return { ...params, ...schedule.value };
  const { isUnknownName, ...detail } = schedule.error;
  if (!isUnknownName) throw new AppError("invalid_request", [detail]);
  const names = await listNames(ctx.db, server.alias, "scheduler");
  const choices = nearestNames(words.map((word) => word.given).join(" "), names);
  throw new AppError("unknown_name", [{ ...detail, choices }]);
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
  if (server.catalogueSha256 === null) {
    const scheduled = await decideSchedule(ctx, server, params, null);
    return { params: scheduled, checkpointName: params.checkpoint_name };
  }
  const [checkpoint, others] = [checkpointOf(params), namesOf(params)];
  const wanted = [...scheduleWords(params), checkpoint, ...others];
  const known = await findKnownNames(ctx, server, wanted);
  const scheduled = await decideSchedule(ctx, server, params, known);
  const checkpointName = await requireName(ctx, server, checkpoint, known);
  for (const one of others) await requireName(ctx, server, one, known);
  return { params: respell(scheduled, known), checkpointName };
}
