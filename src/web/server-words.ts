import { modelFileStem, type ServerChange, type ServerView } from "@mobilesd/contract";
import { lengthWords, sinceWords } from "./time-words.ts";

const FLAVOURS: Record<string, string> = { forge: "Forge", neo: "Forge Neo" };

/** Which Forge a box has. */
function forgeWords({ flavour, version }: NonNullable<ServerView["forge"]>): string {
  if (flavour === "demo") return "stand-in pictures, no Stable Diffusion";
  return `${FLAVOURS[flavour] ?? "Forge"}${version === null ? "" : ` ${version}`}`;
}

/** What a box is, or since when it is away. */
export function serverWords(server: ServerView, now: number): string {
  if (server.forge === null || server.last_seen_at === null) return "its agent has not come yet";
  if (!server.is_present) return `away since ${sinceWords(server.last_seen_at, now)}`;
  return forgeWords(server.forge);
}

/** What a box was told, in a word; null where it takes jobs. */
export function modeWord(
  server: Pick<ServerView, "mode" | "is_present" | "held_jobs">,
): string | null {
  if (server.mode === "active") return null;
  if (server.mode === "paused") return "Paused";
  return isDrained(server) ? "Drained" : "Draining";
}

/** Whether a draining box is at its end: it is there and has nothing in hand. */
const isDrained = (server: Pick<ServerView, "mode" | "is_present" | "held_jobs">) =>
  server.mode === "draining" && server.is_present && server.held_jobs === 0;

const GIB = 1024 ** 3;
const gigabytes = (bytes: number) => `${(bytes / GIB).toFixed(1).replace(/\.0$/, "")}\u00a0GB`;

function gpuWords({ gpu, free_vram_bytes: free }: ServerView): string | null {
  const vram = gpu?.vram_bytes ?? null;
  const parts = [
    gpu?.name ?? null,
    vram === null ? null : gigabytes(vram),
    free === null ? null : `${gigabytes(free)}\u00a0free`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(", ");
}

const FORGE_STATES: Record<string, string> = {
  starting: "Forge starts",
  absent: "Forge does not run",
  unusable: "Forge cannot be used",
  busy: "Forge is busy with somebody's own work",
};

/** What keeps a box's Forge from drawing; null where nothing is known to. */
const forgeStateWords = ({ forge_state }: Pick<ServerView, "forge_state">): string | null =>
  FORGE_STATES[forge_state ?? ""] ?? null;

/** What a box does at this moment. */
function nowWords(server: ServerView, now: number): string {
  if (!server.is_present) return "away";
  const job = server.current_job;
  if (job === null) {
    if (isDrained(server)) return "drained, it can be switched off";
    return forgeStateWords(server) ?? "nothing";
  }
  const end = job.estimated_completion_time;
  const left = end ? lengthWords((Date.parse(end) - now) / 1000) : null;
  const whose = job.mobilesd_job_id === null ? "draws for somebody else" : "draws";
  return [whose, `${job.progress} %`, left === null ? null : `${left} left`]
    .filter((part) => part !== null)
    .join(", ");
}

/** How many wait at a box, and when one more would start where it could. */
function lineWords(server: ServerView, now: number): string {
  const count = server.queue_length;
  const least = server.queue_length_is_minimum ? "more than " : "";
  const jobs = count === 0 ? "no job" : `${least}${count} job${count === 1 ? "" : "s"}`;
  const takesJobs = server.is_present && server.mode === "active";
  if (!takesJobs || forgeStateWords(server) !== null) return jobs;
  const wait = lengthWords((Date.parse(server.estimated_start_time) - now) / 1000);
  return `${jobs}; one more would start ${wait === null ? "at once" : `in ${wait}`}`;
}

/** How soon a box hears of a job; null while it is away and hears of none. */
function hearsWords({ is_present, is_connected }: ServerView): string | null {
  if (!is_present) return null;
  return is_connected ? "at once" : "when it asks";
}

/** Everything that is known of a box, as pairs of a name and what it is. */
export function serverFacts(server: ServerView, now: number): readonly [string, string][] {
  const model = server.loaded_checkpoint;
  const facts: [string, string | null][] = [
    ["Now", nowWords(server, now)],
    ["In line", lineWords(server, now)],
    ["Forge", server.forge && forgeWords(server.forge)],
    ["GPU", gpuWords(server)],
    ["Model", model === null ? null : modelFileStem(model)],
    ["Agent", server.agent_version],
    ["Hears of jobs", hearsWords(server)],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== null);
}

/** What a change of a server comes to, for the person who made it. */
export function changeWords({ mode, held_jobs: held, is_heard }: ServerChange): string {
  const later = is_heard ? "" : " It hears of it when it asks next.";
  if (mode === "active") return `It takes jobs again.${later}`;
  if (mode === "paused") {
    return `Paused.${held > 0 ? " The running job is finished first." : ""}${later}`;
  }
  if (held === 0) return `Drained: it can be switched off.${later}`;
  const jobs = held === 1 ? "its job" : `its ${held} jobs`;
  return `Draining: it finishes ${jobs} and takes no more.${later}`;
}

/** What becomes of a wish to unload the model. */
export function unloadWords({ is_heard }: ServerChange): string {
  const when = "Its model leaves the GPU's memory as soon as nothing runs there.";
  return is_heard ? when : `${when} It hears of it when it asks next.`;
}
