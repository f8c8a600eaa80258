import * as z from "zod";
import { FailureReason, JobWarning } from "./failures.ts";
import { GenerationParams, ResolvedParams } from "./generation-params.ts";
import { ImageName, JobId, ServerAlias } from "./ids.ts";
import { LIMITS } from "./limits.ts";

/** The five statuses on the wire. Finer facts stand in `status_reason`. */
export const JobStatus = z.enum(["pending", "processing", "completed", "failed", "cancelled"]);
export type JobStatus = z.infer<typeof JobStatus>;

export const TERMINAL_STATUSES = ["completed", "failed", "cancelled"] as const;

/** Why a job is in its status, in one word that programs may read. */
export const StatusReason = z.enum([
  "queued",
  "assigned",
  "waiting_for_server",
  "missing_checkpoint",
  "paused",
  "not_before",
  "retrying",
  "running",
  "cancelling",
  "agent_offline",
  "done",
  "user_cancelled",
  "expired",
  "poison",
  ...FailureReason.options,
]);
export type StatusReason = z.infer<typeof StatusReason>;

export const AppType = z.literal("forge");

const Label = (charsMax: number) =>
  z
    .string()
    .min(1)
    .max(charsMax)
    .refine((value) => !value.includes("\0") && value.isWellFormed(), "not storable text");

/** The body of `POST /api/v2/generate`: parameters, or an infotext to read them from; never both. */
export const SubmitJob = z
  .strictObject({
    app_type: AppType,
    target_server_alias: ServerAlias,
    priority: z
      .int()
      .min(LIMITS.priorityFirst)
      .max(LIMITS.priorityLast)
      .default(LIMITS.priorityDefault),
    generation_params: GenerationParams.optional(),
    generation_info_raw: z.string().min(1).max(LIMITS.infotextCharsMax).optional(),
    source_info: Label(LIMITS.sourceInfoCharsMax).optional(),
    name: Label(LIMITS.nameCharsMax).optional(),
    tags: z.array(Label(LIMITS.tagCharsMax)).max(LIMITS.tagsMax).default([]),
    group_id: Label(LIMITS.groupIdCharsMax).optional(),
    not_before: z.iso.datetime({ offset: true }).optional(),
    start_by: z.iso.datetime({ offset: true }).optional(),
    /** Seconds from acceptance in which the job must have started; a week at most. */
    ttl_seconds: z.int().min(1).max(604_800).optional(),
    webhook_url: z.url().optional(),
    dry_run: z.boolean().default(false),
  })
  .refine(
    (job) => (job.generation_params === undefined) !== (job.generation_info_raw === undefined),
    {
      path: ["generation_params"],
      message: "give either generation_params or generation_info_raw",
    },
  );
export type SubmitJob = z.infer<typeof SubmitJob>;

const QueueEstimate = {
  queue_position: z.int().nullable(),
  /** Present and true where `queue_position` is a lower bound. */
  queue_position_is_minimum: z.literal(true).optional(),
  estimated_start_time: z.string().nullable(),
};

export const SubmitAnswer = z.object({
  success: z.literal(true),
  mobilesd_job_id: JobId,
  ...QueueEstimate,
  status_url: z.string(),
  status_reason: StatusReason,
});
export type SubmitAnswer = z.infer<typeof SubmitAnswer>;

/** What `dry_run` answers: where the job would stand; nothing was queued, so there is no id. */
export const DryRunAnswer = z.object({
  success: z.literal(true),
  dry_run: z.literal(true),
  ...QueueEstimate,
  status_reason: StatusReason,
});
export type DryRunAnswer = z.infer<typeof DryRunAnswer>;

export const JobError = z.object({
  code: StatusReason,
  message: z.string(),
  /** What the owner of the box can do about it, where there is something. */
  owner_message: z.string().optional(),
  /** The field of `generation_params` that is to blame, where one is. */
  field: z.string().optional(),
});
export type JobError = z.infer<typeof JobError>;

export const JobImage = z.object({
  name: ImageName,
  preview_url: z.string().nullable(),
  download_url: z.string(),
  width: z.int(),
  height: z.int(),
  seed: z.int().nullable(),
  infotext: z.string().nullable(),
});
export type JobImage = z.infer<typeof JobImage>;

/** Parameters as stored: an old row may hold ones of before this schema, which stay readable as they are. */
export const StoredParams = z.union([ResolvedParams, z.record(z.string(), z.unknown())]);

export const JobStatusView = z.object({
  mobilesd_job_id: z.string(),
  app_type: z.string(),
  status: JobStatus,
  status_reason: StatusReason.nullable(),
  /** Never goes back within an attempt; 100 only with `completed`. 0 also where nothing is known of a run. */
  progress: z.int().min(0).max(100),
  creation_timestamp: z.string(),
  last_updated_timestamp: z.string(),
  started_timestamp: z.string().nullable(),
  completion_timestamp: z.string().nullable(),
  ...QueueEstimate,
  estimated_completion_time: z.string().nullable(),
  target_server_alias: z.string(),
  server_alias: z.string().nullable(),
  /** Since when the box is away that the job waits for; absent while it is there or was never seen. */
  server_away_since: z.string().optional(),
  generation_params: StoredParams,
  retry_count: z.int(),
  error: JobError.nullable(),
  /** Empty unless the job completed and something about its result must be said. */
  warnings: z.array(JobWarning),
  images: z.array(JobImage),
});
export type JobStatusView = z.infer<typeof JobStatusView>;

/** A job in a list, and everything about one job: the status without what costs a look at the queue. */
export const JobView = JobStatusView.omit({
  queue_position: true,
  queue_position_is_minimum: true,
  estimated_start_time: true,
  estimated_completion_time: true,
}).extend({
  /** As in the status; null for a running job in a list without places, where nobody looked how far it is. */
  progress: JobStatusView.shape.progress.nullable(),
  priority: z.int(),
  source_info: z.string().nullable(),
  name: z.string().nullable(),
  tags: z.array(z.string()),
  group_id: z.string().nullable(),
  not_before: z.string().nullable(),
  start_by: z.string().nullable(),
  /** The finished job that this one runs once more. */
  retry_of: z.string().nullable(),
  attempt_count: z.int(),
  interruption_count: z.int(),
});
export type JobView = z.infer<typeof JobView>;

/** A job in a list that was asked for `places`: with what its status says of its place and its times. */
const ListedJob = JobView.extend({
  queue_position: QueueEstimate.queue_position.optional(),
  queue_position_is_minimum: QueueEstimate.queue_position_is_minimum,
  estimated_start_time: QueueEstimate.estimated_start_time.optional(),
  estimated_completion_time: JobStatusView.shape.estimated_completion_time.optional(),
});
export type ListedJob = z.infer<typeof ListedJob>;

export const ListJobsQuery = z.strictObject({
  status: z
    .string()
    .transform((list) => list.split(","))
    .pipe(z.array(JobStatus).min(1))
    .optional(),
  app_type: AppType.optional(),
  target_server_alias: ServerAlias.optional(),
  group_id: z.string().min(1).max(LIMITS.groupIdCharsMax).optional(),
  source_info: z.string().min(1).max(LIMITS.sourceInfoCharsMax).optional(),
  owner: z.string().min(1).max(LIMITS.nameCharsMax).optional(),
  /** Text looked for in prompt and name; ASCII letters in either case. */
  q: z.string().min(1).max(200).optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  /** Whether each job comes with its position and its estimated times, as its status has them. */
  places: z
    .enum(["true", "false"])
    .default("false")
    .transform((word) => word === "true"),
  order: z.enum(["newest", "oldest"]).default("newest"),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(LIMITS.listLimitMax).default(LIMITS.listLimitDefault),
});
export type ListJobsQuery = z.infer<typeof ListJobsQuery>;

export const JobList = z.object({
  jobs: z.array(ListedJob),
  next_cursor: z.string().nullable(),
  total: z.int(),
  total_is_minimum: z.literal(true).optional(),
});
export type JobList = z.infer<typeof JobList>;

export const CancelAnswer = z.object({
  success: z.literal(true),
  mobilesd_job_id: JobId,
  /** `cancelled`, or `processing` while the agent is told to stop; it never completes any more. */
  status: JobStatus,
  status_reason: StatusReason,
});
export type CancelAnswer = z.infer<typeof CancelAnswer>;

export const Upload = z.object({
  upload_id: z.string(),
  width: z.int(),
  height: z.int(),
  bytes: z.int(),
  sha256: z.string(),
});
export type Upload = z.infer<typeof Upload>;
