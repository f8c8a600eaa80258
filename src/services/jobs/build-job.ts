import type { StatusReason, SubmitJob } from "@mobilesd/contract";
import { costOf } from "../../domain/estimate.ts";
import type { HoldReason } from "../../domain/job-machine.ts";
import { toTimestamp } from "../../storage/database.ts";
import type { NewJob } from "../../storage/jobs.ts";
import type { ServerRow } from "../../storage/servers.ts";
import { fieldError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import type { Resolved } from "./resolve-params.ts";

/** What a request says of a job beside its parameters and its server. */
export type JobWish = Pick<
  SubmitJob,
  | "priority"
  | "name"
  | "tags"
  | "group_id"
  | "source_info"
  | "not_before"
  | "start_by"
  | "ttl_seconds"
>;

/** Whose a new job is, and which one it runs once more, if any. */
export interface JobOrigin {
  readonly ownerId: string;
  readonly retryOf: string | null;
}

/** The latest moment to start: what was asked, or the time to live from now. */
function deadlineOf(input: JobWish, now: number): number | null {
  const startBy = input.start_by === undefined ? null : Date.parse(input.start_by);
  if (startBy !== null && input.ttl_seconds !== undefined) {
    throw fieldError("invalid_request", "ttl_seconds", "give either start_by or ttl_seconds");
  }
  if (startBy !== null && startBy <= now) {
    throw fieldError("invalid_request", "start_by", "is over already", { limit: toTimestamp(now) });
  }
  return input.ttl_seconds === undefined ? startBy : now + input.ttl_seconds * 1000;
}

/** A job that is about to be queued. */
export type JobDraft = NewJob & {
  readonly status: "pending";
  readonly ownerId: string;
  readonly statusReason: StatusReason;
  readonly holdReason: HoldReason | null;
  readonly notBefore: number | null;
  readonly costMegapixelSteps: number;
  readonly checkpointName: string;
  readonly priority: number;
};

/** The row of a job as it is queued: pending, held until its time where it names one. */
export function buildJob(
  ctx: ActorContext,
  input: JobWish,
  server: ServerRow,
  resolved: Resolved,
  { ownerId, retryOf }: JobOrigin = { ownerId: ctx.actor.ownerId, retryOf: null },
): JobDraft {
  const now = ctx.clock();
  const timestamp = toTimestamp(now);
  const startBy = deadlineOf(input, now);
  const asked = input.not_before === undefined ? 0 : Date.parse(input.not_before);
  const notBefore = asked > now ? asked : null;
  const holdReason: HoldReason | null = notBefore === null ? null : "not_before";
  return {
    mobilesdJobId: ctx.uuid(),
    status: "pending",
    statusReason: holdReason ?? "queued",
    holdReason,
    notBefore,
    startBy,
    wakeAt: notBefore === null ? startBy : Math.min(notBefore, startBy ?? notBefore),
    creationTimestamp: timestamp,
    lastUpdatedTimestamp: timestamp,
    targetServerAlias: server.alias,
    generationParamsJson: JSON.stringify(resolved.params),
    sourceInfo: input.source_info ?? null,
    apiKeyId: ctx.actor.keyId,
    ownerId,
    retryOf,
    priority: input.priority,
    name: input.name ?? null,
    tagsJson: JSON.stringify(input.tags),
    groupId: input.group_id ?? null,
    checkpointName: resolved.checkpointName,
    costMegapixelSteps: costOf(resolved.params),
  };
}
