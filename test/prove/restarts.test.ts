import diagnostics from "node:diagnostics_channel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../support/box/agent.ts";
import { PATIENT } from "../support/box/durations.ts";
import { type KeptWatcher, keepWatching } from "../support/box/kept-watcher.ts";
import { ALIAS, type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";

let queue: Queue;
let forge: DemoForge;
let agent: TestAgent;
let watcher: KeptWatcher;

/** What the agent says to the queue in a job's life; every request of it carries a session. */
const MESSAGES = ["claim", "start", "previews/1", "images/1", "complete"];

/** A request that was sent is being handled this much later: sometimes done with, its answer under way. */
const HANDLING_MS = 4;

beforeAll(async () => {
  [queue, forge] = await Promise.all([startQueue(PATIENT), startDemoForge({ timeScale: 0.02 })]);
  agent = startAgent({ url: queue.worker.url, key: queue.agentKey, forgeUrl: forge.url });
  watcher = await keepWatching(queue.worker.url, queue.ownerKey, ALIAS);
  await queue.reach(await queue.submit(), "completed");
});

afterAll(async () => {
  await watcher.stop();
  agent.stop.stopNow();
  await agent.end;
  await forge.stop();
  await queue.stop();
});

interface Note {
  readonly request: { readonly origin?: unknown; readonly path: string; readonly headers: unknown };
}

/** Moments of a request: before it leaves, when all of it was sent, and when its answer is there. */
const MOMENTS = {
  before: "undici:request:create",
  during: "undici:request:bodySent",
  after: "undici:request:headers",
};
type Moment = keyof typeof MOMENTS;

/** Does something once, at a moment of the agent's next request with such a path. */
function atMessage(path: string, when: Moment, act: () => void): Promise<void> {
  const name = MOMENTS[when];
  return new Promise((resolve) => {
    const hear = (message: unknown) => {
      const { request } = message as Note;
      const isTheirs = String(request.headers).toLowerCase().includes("mobilesd-session");
      const isMeant = String(request.origin) === queue.worker.url && request.path.endsWith(path);
      if (!isTheirs || !isMeant) return;
      diagnostics.unsubscribe(name, hear);
      // The Worker is left the time to have done its part of it, or half.
      setTimeout(act, when === "during" ? HANDLING_MS : 0);
      resolve();
    };
    diagnostics.subscribe(name, hear);
  });
}

function killWorker(): void {
  const pid = queue.worker.workerdPid();
  if (pid === null) throw new Error("The runtime does not run");
  process.kill(pid, "SIGKILL");
}

/** All that must be true of a job, whatever was killed meanwhile. */
async function expectWhole(id: string): Promise<void> {
  const view = await queue.reach(id, "completed");
  expect(view).toMatchObject({ retry_count: 0, progress: 100, error: null });
  expect(view.images).toHaveLength(1);
  const bytes = await queue.download(view.images[0]?.download_url ?? "");
  expect(bytes.subarray(1, 4).toString()).toBe("PNG");
}

describe("a Worker that is killed between two messages of a job's life", () => {
  it.each(
    MESSAGES.flatMap(
      (path) =>
        [
          ["before", path],
          ["during", path],
          ["after", path],
        ] as const,
    ),
  )(
    "%s %s: the job is drawn once and whole, and whoever watches knows what they missed",
    async (when, path) => {
      const drawn = forge.jobs.length;
      const killed = atMessage(`/${path}`, when, killWorker);
      const id = await queue.submit({ seed: drawn });
      await killed;
      await expectWhole(id);
      expect(forge.jobs).toHaveLength(drawn + 1);
      await until("the watcher is back", () => watcher.sockets.at(-1)?.closed() === null);
      expect(watcher.faults([id])).toEqual([]);
    },
  );
});

it("a hub that falls asleep all the time, while a real agent draws, tells every job from start to end in order", async () => {
  await until("the agent is connected", () => agent.view().queue === "connected");
  let isOver = false;
  const naps = (async () => {
    let count = 0;
    for (; !isOver; count++) {
      await queue.worker.putHubToSleep(ALIAS);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return count;
  })();
  const job = { width: 512, height: 512, steps: 40 };
  const ids = [await queue.submit({ ...job, seed: 1 }), await queue.submit({ ...job, seed: 2 })];
  const sockets = watcher.sockets.length;
  for (const id of ids) await expectWhole(id);
  const words = (id: string) =>
    watcher.about(id).map((event) => (event.type === "preview" ? event.type : event.status));
  for (const id of ids) {
    await until("the end is heard", () => words(id).includes("completed"));
    expect(words(id)[0]).toBe("pending");
    expect(watcher.about(id).some((event) => event.type === "progress")).toBe(true);
  }
  isOver = true;
  expect(await naps).toBeGreaterThan(3);
  expect(watcher.faults(ids)).toEqual([]);
  expect(watcher.sockets).toHaveLength(sockets);
});
