import { LiveEvent, type Sequence } from "@mobilesd/contract";
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
  socket.addEventListener("message", ({ data }) => {
    heard.push(LiveEvent.parse(JSON.parse(String(data))));
  });
  socket.addEventListener("close", (event) => {
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

const isBefore = (one: Sequence, other: Sequence) =>
  one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);

/**
 * What is wrong with the order of a job's events as one watcher heard them, a sentence each: a sequence that
 * goes back, or a progress that does within an epoch.
 */
export function faultsOfOrder(events: readonly AboutJob[]): string[] {
  const faults: string[] = [];
  let last: AboutJob | undefined;
  let progress = { epoch: 0, value: 0 };
  for (const event of events) {
    if (last && isBefore(event.sequence, last.sequence)) {
      faults.push(`${event.type} [${event.sequence}] after ${last.type} [${last.sequence}]`);
    }
    if (event.type !== "preview" && event.status !== "pending") {
      const [epoch] = event.sequence;
      if (epoch === progress.epoch && event.progress < progress.value) {
        faults.push(`${event.progress} % after ${progress.value} % under epoch ${epoch}`);
      }
      progress = { epoch, value: event.progress };
    }
    last = event;
  }
  return faults;
}
