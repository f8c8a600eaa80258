import type { ServerView } from "@mobilesd/contract";
import type { Paint } from "./paint.ts";
import type { StatusContent } from "./status-file.ts";
import {
  clockWords,
  END_WORDS,
  FORGE_WORDS,
  MODE_WORDS,
  NEXT_WORDS,
  PHASE_WORDS,
  percentOf,
  shortId,
  STOPPING_WORDS,
  spanWords,
  waitingWords,
} from "./words.ts";

/** What `mobilesd-agent status` found out. */
export interface StatusReport {
  /** Whether an agent runs on this machine with this state folder. */
  readonly is_running: boolean;
  /** What it left there; null where none ever ran. */
  readonly agent: StatusContent | null;
  /** The box as the queue sees it; null when the queue did not say. */
  readonly server: ServerView | null;
  /** Why it did not; null when it did. */
  readonly queue_trouble: string | null;
}

/** How a Forge is that begins with what it is sent; null where the agent has not told. */
const FORGE_TAKES: ReadonlySet<string | null> = new Set(["ready", "working", null]);

const LABEL_COLUMNS = 9;
const SECOND_MS = 1_000;

const clock = (timestamp: string) => clockWords(new Date(timestamp));

function agentWords({ is_running, agent }: StatusReport): string {
  if (agent === null) return "does not run here, and never did with this state folder";
  if (is_running) {
    const stopping = agent.stopping === null ? "" : `, ${STOPPING_WORDS[agent.stopping]}`;
    const which = `process ${agent.pid}, version ${agent.agent_version}`;
    return `runs since ${clock(agent.started_at)} (${which})${stopping}`;
  }
  return agent.ended_at === null
    ? `does not run; the last one was ended from outside after ${clock(agent.updated_at)}`
    : `does not run; the last one stopped at ${clock(agent.ended_at)}`;
}

const QUEUE_WORDS: Record<StatusContent["queue"], string> = {
  connected: "connected",
  polling: "connected by polling",
  away: "out of reach, trying again",
};

const ageOf = (agent: StatusContent, now: Date) => now.getTime() - Date.parse(agent.updated_at);

/** A number that moves, and how long ago it was so where that is a second or more. */
function agedWords(words: string, ageMs: number): string {
  return ageMs < SECOND_MS ? words : `${words} (${spanWords(ageMs)} ago)`;
}

function currentWords(agent: StatusContent, now: Date): string | null {
  const { current } = agent;
  if (current === null) return null;
  const ageMs = ageOf(agent, now);
  const left = current.remaining_ms === null ? null : Math.max(0, current.remaining_ms - ageMs);
  const parts = [
    shortId(current.mobilesd_job_id),
    agedWords(`${percentOf(current.share)} %`, ageMs),
    PHASE_WORDS[current.phase],
    ...(left === null ? [] : [`${spanWords(left)} left`]),
  ];
  return `${parts.join(" · ")}${current.label === "" ? "" : ` (${current.label})`}`;
}

/** The lines of a running agent about what it does; a missing part has no line. */
function workLines(agent: StatusContent, now: Date): [string, string][] {
  const { next, uploads, lately, forge } = agent;
  const current = currentWords(agent, now);
  const short = ({ mobilesd_job_id }: { mobilesd_job_id: string }) => shortId(mobilesd_job_id);
  const uploading = uploads.map((one) =>
    agedWords(`${short(one)} ${one.done} of ${one.total}`, ageOf(agent, now)),
  );
  const ended = lately.map((one) => `${short(one)} ${END_WORDS[one.end]} ${clock(one.at)}`);
  return [
    ["Queue", QUEUE_WORDS[agent.queue]],
    ...(forge === null ? [] : [["Forge", FORGE_WORDS[forge]] as [string, string]]),
    ["Job", current ?? "none"],
    ...(next === null
      ? []
      : [["Next", `${short(next)}, ${NEXT_WORDS[next.where]}`] as [string, string]]),
    ...(uploading.length === 0 ? [] : [["Uploads", uploading.join(" · ")] as [string, string]]),
    ["Done", [`${agent.done} since the start`, ...ended].join(" · ")],
  ];
}

/** The lines of what the queue says of this box. One that takes no job has no time when it would start one. */
function serverLines(server: ServerView): [string, string][] {
  const mode = MODE_WORDS[server.mode];
  const waiting = waitingWords(server.queue_length, server.queue_length_is_minimum ?? false);
  const presence = server.is_present
    ? "here"
    : server.last_seen_at === null
      ? "never seen"
      : `away, last seen at ${clock(server.last_seen_at)}`;
  const start =
    server.is_present && server.mode === "active" && FORGE_TAKES.has(server.forge_state)
      ? `; a new job would start at ${clock(server.estimated_start_time)}`
      : "";
  return [
    ["Box", `${server.alias}, ${presence}${mode === null ? "" : `, ${mode}`}`],
    ["In line", `${waiting}${start}`],
  ];
}

/** The report as a person reads it. */
export function statusWords(report: StatusReport, now: Date, paint: Paint): string {
  const { is_running, agent, server, queue_trouble } = report;
  const lines: [string, string][] = [
    ["Agent", agentWords(report)],
    ...(is_running && agent !== null ? workLines(agent, now) : []),
    ...(server === null ? [] : serverLines(server)),
    ...(queue_trouble === null ? [] : [["Trouble", queue_trouble] as [string, string]]),
  ];
  return lines
    .map(([label, text]) => `${paint("dim", label.padEnd(LABEL_COLUMNS))}${text}\n`)
    .join("");
}
