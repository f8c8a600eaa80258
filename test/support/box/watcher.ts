import { HUB_PING, HUB_PONG, LiveEvent } from "@mobilesd/contract";
import { WebSocket } from "undici";
import { until } from "./until.ts";

/** Somebody who watches a server by socket, with everything they heard. */
export interface Watcher {
  readonly heard: readonly LiveEvent[];
  /** The events about one job that have a sequence. */
  about(jobId: string): readonly AboutJob[];
  /** The close code; null while the socket stands. */
  closed(): number | null;
  stop(): void;
}

export type AboutJob = Exclude<LiveEvent, { type: "server" | "gap" }>;

/** Shows life this often, which is enough also where all goes fifty times faster. */
const PING_EVERY_MS = 200;

const isAbout = (event: LiveEvent): event is AboutJob =>
  event.type === "job" || event.type === "progress" || event.type === "preview";

/** Opens a watcher's socket and waits until it is told how the server is. Throws when it is not let in. */
export async function watchServer(
  url: string,
  key: { key: string; secret: string },
  alias: string,
  since?: string,
): Promise<Watcher> {
  const query = `server=${alias}${since === undefined ? "" : `&since=${since}`}`;
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/v1/events?${query}`, {
    headers: { "X-API-Key": key.key, "X-API-Secret": key.secret },
  });
  const heard: LiveEvent[] = [];
  let code: number | null = null;
  const pings = setInterval(() => {
    if (socket.readyState === WebSocket.OPEN) socket.send(HUB_PING);
  }, PING_EVERY_MS);
  socket.addEventListener("message", ({ data }) => {
    if (data !== HUB_PONG) heard.push(LiveEvent.parse(JSON.parse(String(data))));
  });
  socket.addEventListener("close", (event) => {
    clearInterval(pings);
    code = event.code;
  });
  const isIn = () => heard.some(({ type }) => type === "server");
  await until("the watcher is told how the server is", () => isIn() || code !== null);
  if (!isIn()) throw new Error(`The watcher's socket was closed with ${code}`);
  return {
    heard,
    about: (jobId) => heard.filter(isAbout).filter((event) => event.mobilesd_job_id === jobId),
    closed: () => code,
    stop: () => socket.close(),
  };
}

/** Whether an event is older than another of its job: by the epoch, and of one kind by the row's time or the count. */
function isBefore(one: AboutJob, other: AboutJob): boolean {
  const [epoch, n] = one.sequence;
  const [otherEpoch, otherN] = other.sequence;
  if (epoch !== otherEpoch) return epoch < otherEpoch;
  if (one.type !== "job" && other.type !== "job") return n < otherN;
  if (one.type !== "job" || other.type !== "job" || !one.job || !other.job) return false;
  return one.job.last_updated_timestamp < other.job.last_updated_timestamp;
}

/**
 * What is wrong with the order of a job's events as one watcher heard them, a sentence each: an event that is
 * older than one before it, or a progress that goes back within an epoch.
 */
export function faultsOfOrder(events: readonly AboutJob[]): string[] {
  const faults: string[] = [];
  const last = new Map<boolean, AboutJob>();
  let progress = { epoch: 0, value: 0 };
  for (const event of events) {
    for (const before of last.values()) {
      if (!isBefore(event, before)) continue;
      faults.push(`${event.type} [${event.sequence}] after ${before.type} [${before.sequence}]`);
    }
    if (event.type !== "preview" && event.status !== "pending") {
      const [epoch] = event.sequence;
      if (epoch === progress.epoch && event.progress < progress.value) {
        faults.push(`${event.progress} % after ${progress.value} % under epoch ${epoch}`);
      }
      progress = { epoch, value: event.progress };
    }
    last.set(event.type === "job", event);
  }
  return faults;
}
