import type { JobStatus, JobView, ListedJob, ServerView, StatusReason } from "@mobilesd/contract";

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

const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

/** A length of time as people say it: `about 3 min`. Null where it is not worth a number. */
function lengthWords(seconds: number): string | null {
  if (seconds < 5) return null;
  if (seconds < MINUTE_S) return `about ${Math.ceil(seconds / 5) * 5} s`;
  if (seconds < HOUR_S) return `about ${Math.round(seconds / MINUTE_S)} min`;
  if (seconds < DAY_S) return `about ${Math.round(seconds / HOUR_S)} h`;
  return `about ${Math.round(seconds / DAY_S)} days`;
}

/** How long ago something was, or its date when that is longer than a week. */
export function agoWords(timestamp: string, now: number): string {
  const seconds = (now - Date.parse(timestamp)) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < HOUR_S) return `${Math.max(1, Math.round(seconds / MINUTE_S))} min ago`;
  if (seconds < DAY_S) return `${Math.round(seconds / HOUR_S)} h ago`;
  if (seconds < 7 * DAY_S) return `${Math.round(seconds / DAY_S)} d ago`;
  return new Date(timestamp).toLocaleDateString();
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

/** Where a job stands and when something will happen, in words; null when there is nothing to say. */
export function outlookWords(
  job: Pick<JobView, "status" | "status_reason"> & Place,
  now: number,
): string | null {
  const reason = reasonWords(job.status_reason);
  if (job.status === "processing") {
    if (reason !== null) return reason;
    const end = job.estimated_completion_time;
    const left = end ? lengthWords((Date.parse(end) - now) / 1000) : null;
    return left === null ? "Being drawn" : `Being drawn, ${left} left`;
  }
  if (job.status !== "pending") return reason;
  // An absent box has no time to give; the queue then counts as if it came back now.
  if (reason !== null && job.status_reason !== "assigned") return reason;
  const position = positionWords(job) ?? reason;
  const start = job.estimated_start_time;
  const wait = start ? lengthWords((Date.parse(start) - now) / 1000) : null;
  if (position === null) return null;
  return wait === null ? position : `${position}, starts in ${wait}`;
}

const FLAVOURS: Record<string, string> = { forge: "Forge", neo: "Forge Neo" };

/** What a box is, or since when it is away. */
export function serverWords(server: ServerView, now: number): string {
  if (server.forge === null || server.last_seen_at === null) return "its agent has not come yet";
  if (!server.is_present) return `away, last seen ${agoWords(server.last_seen_at, now)}`;
  const { flavour, version } = server.forge;
  if (flavour === "demo") return "stand-in pictures, no Stable Diffusion";
  return `${FLAVOURS[flavour] ?? "Forge"}${version === null ? "" : ` ${version}`}`;
}
