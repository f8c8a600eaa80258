import { createHash } from "node:crypto";
import { type JobStatusView, ROUTES, type SubmitAnswer } from "@mobilesd/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../support/box/agent.ts";
import { PATIENT } from "../support/box/durations.ts";
import { type KeptWatcher, keepWatching } from "../support/box/kept-watcher.ts";
import { ALIAS, type Queue, SMALL_JOB, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";

const JOBS = 10;
/** By number in line: stopped while it is drawn, and while it waits. */
const STOPPED = 3;
const UNWANTED = 6;
/** While these are drawn the Worker's runtime is killed. */
const KILLED_AT = [1, 7];

let queue: Queue;
let forge: DemoForge;
let agent: TestAgent;
let watcher: KeptWatcher;
let ids: string[];
let views: JobStatusView[];

const paramsOf = (seed: number) => ({
  ...SMALL_JOB,
  width: 512,
  height: 512,
  steps: 40,
  seed: 500 + seed,
});

/** As a person does it who has nothing but curl. */
async function submit(seed: number): Promise<string> {
  const response = await fetch(queue.worker.url + ROUTES.submitJob.path, {
    method: ROUTES.submitJob.method,
    headers: {
      "X-API-Key": queue.ownerKey.key,
      "X-API-Secret": queue.ownerKey.secret,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({
      app_type: "forge",
      target_server_alias: ALIAS,
      generation_params: paramsOf(seed),
    }),
  });
  expect(response.status).toBe(ROUTES.submitJob.status);
  return ((await response.json()) as SubmitAnswer).mobilesd_job_id;
}

/** Waits until Forge draws the job of that number; answers its record. */
const drawn = (number: number) =>
  until(`job ${number} is drawn`, () => {
    const job = forge.jobs.find(({ seed }) => seed === 500 + number);
    return job && job.stepsDone > 2 && job;
  });

/** Whatever is asked in the middle of a kill is asked again. */
const cancel = (number: number) =>
  until(`the cancel of job ${number} is taken`, () =>
    queue.owner.call("cancelJob", { params: { id: ids[number] ?? "" } }),
  );

function killWorker(): void {
  const pid = queue.worker.workerdPid();
  if (pid === null) throw new Error("The runtime does not run");
  process.kill(pid, "SIGKILL");
}

beforeAll(async () => {
  [queue, forge] = await Promise.all([startQueue(PATIENT), startDemoForge({ timeScale: 0.1 })]);
  agent = startAgent({ url: queue.worker.url, key: queue.agentKey, forgeUrl: forge.url });
  watcher = await keepWatching(queue.worker.url, queue.ownerKey, ALIAS);
  await queue.reach(await queue.submit(), "completed");
  ids = [];
  // All ten are in line before the first begins.
  await queue.owner.call("pauseServer", { params: { alias: ALIAS } });
  for (let at = 0; at < JOBS; at++) ids.push(await submit(at));
  await queue.owner.call("resumeServer", { params: { alias: ALIAS } });
  for (let at = 0; at < JOBS; at++) {
    if (at === UNWANTED) continue;
    await drawn(at);
    if (at === STOPPED) await cancel(STOPPED);
    if (at === STOPPED) await cancel(UNWANTED);
    if (KILLED_AT.includes(at)) killWorker();
  }
  views = [];
  for (const id of ids) views.push(await queue.reach(id, "completed", "cancelled", "failed"));
}, 120_000);

afterAll(async () => {
  await watcher.stop();
  agent.stop.stopNow();
  await agent.end;
  await forge.stop();
  await queue.stop();
});

/** Numbers of jobs that nothing happened to. */
const undisturbed = () =>
  ids.map((_, at) => at).filter((at) => ![STOPPED, UNWANTED, ...KILLED_AT].includes(at));

describe("ten jobs in line, one stopped in the middle, one while it waits, the Worker killed twice", () => {
  it("end as they should: eight are completed, two are cancelled", () => {
    const wanted = ids.map((_, at) =>
      at === STOPPED || at === UNWANTED ? "cancelled" : "completed",
    );
    expect(views.map(({ status }) => status)).toEqual(wanted);
    expect(views.map(({ retry_count }) => retry_count)).toEqual(ids.map(() => 0));
  });

  it("are drawn once each, in the order of the line, and the one that waited not at all", () => {
    const seeds = forge.jobs.slice(1).map(({ seed }) => seed - 500);
    expect(seeds).toEqual(ids.map((_, at) => at).filter((at) => at !== UNWANTED));
    const interrupted = forge.jobs.filter(({ isInterrupted }) => isInterrupted);
    expect(interrupted.map(({ seed }) => seed - 500)).toEqual([STOPPED]);
  });

  it("give whole pictures: the very bytes that Forge draws of the same in peace", async () => {
    for (const [at, view] of views.entries()) {
      if (view.status !== "completed") continue;
      const bytes = await queue.download(view.images[0]?.download_url ?? "");
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const record = forge.jobs.find(({ seed }) => seed === 500 + at);
      expect([at, sha256]).toEqual([at, record?.imageSha256s[0]]);
    }
    // And a job that runs alone draws what one in the middle of it all did.
    const again = await queue.reach(await submit(0), "completed");
    const [first] = views[0]?.images ?? [];
    const both = await Promise.all(
      [first, again.images[0]].map((image) => queue.download(image?.download_url ?? "")),
    );
    expect(both[0]?.equals(both[1] ?? Buffer.alloc(0))).toBe(true);
  });

  it("grow before the eyes of whoever watches, in order, with a word where something was missed", () => {
    const hasGrown = (at: number) => {
      const heard = watcher.about(ids[at] ?? "");
      const hasMoved = heard.some((event) => event.type === "progress" && event.progress > 0);
      return hasMoved && heard.some((event) => event.type === "preview" && event.index === 0);
    };
    expect(undisturbed().filter(hasGrown)).toEqual(undisturbed());
    expect(watcher.sockets.length).toBeGreaterThanOrEqual(1 + KILLED_AT.length);
    expect(watcher.faults(ids)).toEqual([]);
  });

  it("cost the agent no more than a word about the queue that was away", () => {
    const complaints = agent.lines.filter((line) => /fail|lost|gone|given back/i.test(line));
    expect(complaints).toEqual([]);
    expect(agent.view()).toMatchObject({ queue: "connected", done: JOBS });
  });
});
