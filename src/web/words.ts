import type { JobStatus, JobView, ListedJob, ServerMode, StatusReason } from "@mobilesd/contract";
import { durationWords, lengthWords, sinceWords } from "./time-words.ts";
import type { LiveRun } from "./live-run.ts";

const STATUS_WORDS: Record<JobStatus, string> = {
  pending: "Waiting",
  processing: "Working",
  completed: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** Whether a job is being drawn at this moment, as far as is known: its box is there and has not lost it. */
export function isDrawing(job: Pick<JobView, "status" | "status_reason">): boolean {
  return job.status === "processing" && job.status_reason === "running";
}

/** A job's status in one word. One whose box is away is not worked on, whatever the row still says. */
export function statusWord(job: Pick<JobView, "status" | "status_reason">): string {
  return job.status_reason === "agent_offline" ? "Box away" : STATUS_WORDS[job.status];
}

const REASON_WORDS: Record<StatusReason, string | null> = {
  queued: null,
  assigned: "Its box has taken it",
  waiting_for_server: "Waits for its box to come online",
  missing_checkpoint: "Waits until its box has this checkpoint",
  paused: "Its box is paused; it starts when the box is resumed",
  not_before: "Waits for its time",
  retrying: "Something went wrong; it is tried again",
  running: null,
  cancelling: "Being stopped",
  agent_offline: "Its box is away; it goes on when the box is back",
  done: null,
  user_cancelled: null,
  expired: "Its time was over before it could start",
  invalid_job: "Forge cannot run what was asked for",
  missing_name: "Its box lacks something that was asked for",
  modules_missing: "Its checkpoint needs a VAE or text encoders beside it",
  bad_model_file: "Forge cannot read a model's file",
  script_changed: "A script on its box is not the one that was asked for",
  bad_image: "An input picture cannot be used",
  blank_mask: "The mask leaves nothing to repaint",
  unsupported_format: "Its box saves pictures in a format that cannot be handed over",
  wrong_model: "Forge used another model than the one asked for",
  not_as_asked: "Forge left out something that was asked for",
  incomplete_result: "Forge did not finish what was asked for",
  oom: "The GPU ran out of memory",
  forge_error: "Forge reported an error",
  forge_login: "Forge asks for a login that its box does not have",
  forge_hung: "Forge stopped answering",
  forge_unreachable: "Forge could not be reached",
  agent_lost: "Its box went away too often",
  poison: "Forge died of it twice; it is not tried again",
};

/** Why a job is where it is, in words; null when the status says it all. */
export function reasonWords(reason: StatusReason | null): string | null {
  return reason === null ? null : REASON_WORDS[reason];
}

/** Which box drew a job, or is to draw it. */
export function boxWords(job: Pick<JobView, "target_server_alias" | "server_alias">): string {
  return job.server_alias === null ? `for ${job.target_server_alias}` : `on ${job.server_alias}`;
}

/** What the owner of the box can do about a failure; null where there is nothing. */
export function ownerWords(error: JobView["error"]): string | null {
  const advice = error?.owner_message;
  return advice === undefined ? null : `For the owner of the box: ${advice}`;
}

type Place = Pick<
  ListedJob,
  | "queue_position"
  | "queue_position_is_minimum"
  | "estimated_start_time"
  | "estimated_completion_time"
>;

function positionWords(place: Place): string | null {
  const { queue_position: position, queue_position_is_minimum: isMinimum } = place;
  if (position === null || position === undefined) return null;
  if (position === 1) return "Next in line";
  const before = position - 1;
  return `${isMinimum ? "More than " : ""}${before} job${before === 1 ? "" : "s"} before it`;
}

/** Why a job waits for a box that is away, and since when; null where it does not. */
function awayWords(
  job: Pick<JobView, "status_reason" | "server_away_since">,
  now: number,
): string | null {
  const since = job.server_away_since;
  if (since === undefined) return null;
  const away = `Its box is away since ${sinceWords(since, now)}`;
  if (job.status_reason === "waiting_for_server") return `${away}; it starts when the box is back`;
  if (job.status_reason === "agent_offline") return `${away}; it goes on when the box is back`;
  return null;
}

/** What is shown of a run beside its row. */
export interface Running {
  readonly run: LiveRun | undefined;
  /** Whole percent. */
  readonly percent: number;
  /** What its box was told, where that is known. */
  readonly mode?: ServerMode | undefined;
}

/** What a running job is at, how far, and how long it takes yet. */
function runningWords(job: Place, { run, percent }: Running, now: number): string {
  if (run && run.finals.size > 0) return "Drawn, being stored";
  if (run?.phase === "waiting") return "Handed to Forge";
  if (run?.phase === "loading") return "Forge gets model and prompt ready";
  const end = run ? run.endsAt : Date.parse(job.estimated_completion_time ?? "");
  const left = end ? lengthWords((end - now) / 1000) : null;
  return [
    run?.phase === "finishing" ? "Being finished" : "Being drawn",
    percent > 0 ? `${percent}\u00a0%` : null,
    left === null ? null : `${left} left`,
  ]
    .filter((part) => part !== null)
    .join(", ");
}

type Times = Partial<Pick<JobView, "started_timestamp" | "completion_timestamp">>;

/** How long a finished job took from its start; null for a row that does not tell. */
function tookWords({ started_timestamp: start, completion_timestamp: end }: Times): string | null {
  if (!start || !end) return null;
  return `Took ${durationWords(Date.parse(end) - Date.parse(start))}`;
}

/** Where a job stands and when something will happen, in words; null when there is nothing to say. */
export function outlookWords(
  job: Pick<JobView, "status" | "status_reason" | "server_away_since"> & Place & Times,
  now: number,
  running: Running = { run: undefined, percent: 0 },
): string | null {
  const isDraining = job.status_reason === "paused" && running.mode === "draining";
  const reason = isDraining
    ? "Its box takes no more jobs (draining)"
    : (awayWords(job, now) ?? reasonWords(job.status_reason));
  if (job.status === "processing") return reason ?? runningWords(job, running, now);
  if (job.status === "completed") return reason ?? tookWords(job);
  if (job.status !== "pending") return reason;
  // An absent box has no time to give; the queue then counts as if it came back now.
  if (reason !== null && job.status_reason !== "assigned") return reason;
  const position = positionWords(job) ?? reason;
  const start = job.estimated_start_time;
  const wait = start ? lengthWords((Date.parse(start) - now) / 1000) : null;
  if (position === null) return null;
  return wait === null ? position : `${position}, starts in ${wait}`;
}
