import { randomUUID } from "node:crypto";
import diagnostics from "node:diagnostics_channel";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DURATIONS as REAL } from "@mobilesd/contract";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { createCloud } from "../../tunnel-agent/src/cloud/client.ts";
import { type DaemonDeps, runDaemon } from "../../tunnel-agent/src/daemon.ts";
import { createForgeClient } from "../../tunnel-agent/src/forge/client.ts";
import { openJournal } from "../../tunnel-agent/src/journal.ts";
import { createHubLink } from "../../tunnel-agent/src/live/hub-link.ts";
import type { Log } from "../../tunnel-agent/src/log.ts";
import { createAgentState } from "../../tunnel-agent/src/pipeline/agent-view.ts";
import type { ToldSession } from "../../tunnel-agent/src/session.ts";
import { createStop } from "../../tunnel-agent/src/stop.ts";
import { FAST } from "../support/box/durations.ts";
import { type KeyPair, newAgents } from "../support/box/new-keys.ts";
import { type Queue, startQueue } from "../support/box/queue.ts";
import { seededRandom } from "../support/box/seeded.ts";
import { until } from "../support/box/until.ts";
import { countWrittenRows, type TakeWrites } from "../support/box/written-rows.ts";

const AGENTS = 100;
/** Long enough to see how the tries lie in it, and short enough to wait for; no line dies of a busy machine. */
const DURATIONS = {
  ...FAST,
  ...{ hubPingMs: 20_000, hubPongLimitMs: 20_000, agentSilentAfterMs: 45_000 },
  // By the clock of polling each is due by the time that its socket is lost, as an idle agent is in life.
  claimPollIdleMs: 5_000,
  claimBackstopMs: REAL.claimBackstopMs,
  catalogueRefreshMs: REAL.catalogueRefreshMs,
  reconnectSpreadMs: REAL.reconnectSpreadMs,
  socketStableMs: 1,
};
const PEAK_OVER_MEAN_MAX = 3;
const ALL_UP_LIMIT_MS = 120_000;

/** An agent's whole loop, without the thread for pictures, of which none comes here. */
interface HerdAgent {
  readonly deps: DaemonDeps;
  readonly end: Promise<unknown>;
  /** After how many milliseconds it meant to open its socket again, whenever it was lost. */
  readonly plan: number[];
}

let queue: Queue;
let forge: DemoForge;
let agents: HerdAgent[];
let takeWrites: TakeWrites;

/** A log that keeps what an agent plans. */
function planLog(plan: number[]): Log {
  const ignore = () => undefined;
  const debug: Log["debug"] = ({ retry_ms }) => {
    if (typeof retry_ms === "number") plan.push(retry_ms);
  };
  return { debug, info: ignore, warn: ignore, error: ignore };
}

const NO_PICTURES: DaemonDeps["images"] = {
  judge: () => Promise.reject(new Error("No picture is drawn here")),
  shrink: () => Promise.resolve(null),
  close: () => Promise.resolve(),
};

function startOne(key: KeyPair, at: number): HerdAgent {
  const plan: number[] = [];
  const log = planLog(plan);
  const random = seededRandom(at);
  const now = () => performance.now();
  let session: ToldSession | null = null;
  const { url } = queue.worker;
  const sessionId = () => session?.id ?? null;
  const deps: DaemonDeps = {
    cloud: createCloud({ url, ...key, sessionId, random, onRetry: () => undefined }),
    link: createHubLink({ url, ...key, durations: () => DURATIONS, now, random, log }),
    forge: createForgeClient(forge.url, null),
    forgeUrl: forge.url,
    images: NO_PICTURES,
    box: { isDedicated: false, allowedScripts: [] },
    journal: openJournal(mkdtempSync(join(tmpdir(), "agent-state-"))),
    log,
    state: createAgentState(),
    stop: createStop(),
    agentVersion: "test",
    setSession: (told) => {
      session = told;
    },
    uuid: randomUUID,
    random,
    now,
    wallClock: () => new Date(),
  };
  return { deps, end: runDaemon(deps), plan };
}

const allUp = () =>
  until("all sockets stand", () => agents.every(({ deps }) => deps.link.isUp()), ALL_UP_LIMIT_MS);

/** Each question for a job: by whose key, and whether its socket stood. */
const claims: { readonly by: string; readonly isConnected: boolean }[] = [];

function hearClaim(message: unknown): void {
  const { request } = message as {
    request: { path: string; body: unknown; headers: readonly string[] };
  };
  if (!request.path.endsWith("/agent/claim")) return;
  const by = request.headers[request.headers.indexOf("x-api-key") + 1] ?? "";
  claims.push({ by, isConnected: JSON.parse(String(request.body)).is_connected });
}

/** Whether each has asked, since its socket came up, for what it may have missed. */
function haveAllAsked(): boolean {
  const asked = claims.filter(({ isConnected }) => isConnected).map(({ by }) => by);
  return new Set(asked).size === AGENTS;
}

beforeAll(async () => {
  diagnostics.subscribe("undici:request:create", hearClaim);
  [queue, forge] = await Promise.all([startQueue(DURATIONS), startDemoForge({ timeScale: 0.01 })]);
  const aliases = Array.from({ length: AGENTS }, (_, at) => `box-${at}`);
  agents = (await newAgents(queue, aliases)).map(({ key }, at) => startOne(key, at));
  await allUp();
  await until("each has asked for a job with its socket up", haveAllAsked);
  takeWrites = await countWrittenRows(queue.worker);
  for (const { plan } of agents) plan.length = 0;
}, 2 * ALL_UP_LIMIT_MS);

afterAll(async () => {
  diagnostics.unsubscribe("undici:request:create", hearClaim);
  for (const { deps } of agents) deps.stop.stopNow();
  await Promise.all(agents.map(({ end }) => end));
  await forge.stop();
  await queue.stop();
});

/** How many of some moments lie in each tenth of the spread. */
function countByTenth(moments: readonly number[]): number[] {
  const tenthMs = DURATIONS.reconnectSpreadMs / 10;
  return Array.from(
    { length: 10 },
    (_, tenth) => moments.filter((ms) => Math.floor(ms / tenthMs) === tenth).length,
  );
}

it("a hundred agents come back after a restart one by one, ask for no job without a socket, and no row is written for it", async () => {
  await takeWrites();
  claims.length = 0;
  const pid = queue.worker.workerdPid();
  if (pid === null) throw new Error("The runtime does not run");
  process.kill(pid, "SIGKILL");
  await until("all sockets are lost", () => agents.every(({ plan }) => plan.length > 0));
  // When each means to try for the first time: what a busy machine makes of it is another matter.
  const tries = countByTenth(agents.map(({ plan }) => plan[0] ?? Number.NaN));
  const mean = AGENTS / tries.length;
  expect(tries.reduce((sum, count) => sum + count, 0)).toBe(AGENTS);
  expect(Math.max(...tries) / mean).toBeLessThan(PEAK_OVER_MEAN_MAX);
  await allUp();
  await until("each has asked what it may have missed", haveAllAsked);
  expect(claims.filter(({ isConnected }) => !isConnected)).toEqual([]);
  expect(await takeWrites()).toEqual({});
}, 180_000);
