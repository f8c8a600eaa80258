import type { Durations } from "@mobilesd/contract";
import { describe, expect, it, onTestFinished } from "vitest";
import { FAST } from "../../../../test/support/box/durations.ts";
import { until } from "../../../../test/support/box/until.ts";
import type { DemoForgeOptions } from "../../../demo-forge/server.ts";
import type { ForgeClient } from "../../../src/forge/client.ts";
import { readTask } from "../../../src/forge/progress.ts";
import { bytesOfDataUri } from "../../../src/images/live-picture.ts";
import { type WatchOptions, watchRun } from "../../../src/job/run/watch.ts";
import type { RunProgress } from "../../../src/job/run/watched.ts";
import { type GatedForge, startGatedForge } from "./gated-forge.ts";

const TASK = "task(mobilesd-1)";
const LOADED = { prompt: "x", steps: 40, width: 256, height: 256 };
const [PROGRESS, GLOBAL] = ["/internal/progress", "/sdapi/v1/progress?skip_current_image=true"];

const forgeOf = (client: ForgeClient) => ({
  client,
  durations: FAST,
  now: () => performance.now(),
});

/** Posts a job and resolves once that is over: with an answer, or with the Forge that ends with its test. */
const post = ({ client }: GatedForge, fields: object = {}) => {
  const body = { ...LOADED, force_task_id: TASK, ...fields };
  const never = new AbortController().signal;
  return Promise.allSettled([client.generate("/sdapi/v1/txt2img", body, never)]);
};

interface Watching {
  readonly options?: Partial<WatchOptions>;
  readonly durations?: Partial<Durations>;
  readonly forge?: DemoForgeOptions;
}

/** A job in a Forge that waits at each step, and whoever watches it. Its model loads first. */
async function startWatching({ options, durations, forge }: Watching = {}) {
  const gated = await startGatedForge(forge);
  const answered = post(gated);
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const previews: string[] = [];
  const nobody: WatchOptions = {
    isWatched: () => false,
    isQuick: () => false,
    isFollowed: () => false,
    onPreview: (dataUri) => previews.push(dataUri),
  };
  const timing = { ...FAST, ...durations };
  let skippedMs = 0;
  const clock = () => performance.now() + skippedMs;
  const { client } = gated;
  const watchedForge = { client, durations: timing, now: clock };
  const watcher = watchRun(watchedForge, TASK, { ...nobody, ...options }, end.signal);
  const reach = (what: string, isThere: (progress: RunProgress) => boolean) =>
    until(what, () => isThere(watcher.progress()));
  /** Goes on until something is drawn, and that was seen. */
  const draw = async () => {
    await reach("its model loads", ({ phase }) => phase === "loading");
    await gated.advance(2);
    for (let steps = 0; steps < 3; steps++) await gated.advance();
    await reach("something is drawn", ({ share }) => share > 0);
  };
  /** Lets so much time go by at once. */
  const skip = (ms: number) => {
    skippedMs += ms;
  };
  return { ...gated, answered, watcher, previews, reach, draw, skip, end };
}

/** How often each address was asked. */
const countOf = (asked: GatedForge["asked"], path: string) =>
  asked.filter((question) => question.path === path).length;

describe("a run that nobody watches", () => {
  it("costs Forge no preview: once it draws, only its own task is asked for, and without a picture", async () => {
    const { asked, draw, advance, reach } = await startWatching();
    await draw();
    asked.length = 0;
    await advance(10);
    await reach("ten steps more are seen", ({ share }) => share > 0.25);
    expect(countOf(asked, PROGRESS)).toBeGreaterThan(0);
    expect(countOf(asked, GLOBAL)).toBe(0);
    expect(asked.map(({ body }) => body)).toEqual(
      asked.map(() => ({ id_task: TASK, id_live_preview: -1, live_preview: false })),
    );
  });

  it("is told from the load of its model, and goes from waiting to its end", async () => {
    const { watcher, draw, open, answered, reach } = await startWatching();
    const phases = new Set<string>();
    watcher.onProgress(({ phase }) => phases.add(phase));
    await draw();
    expect(watcher.watched().modelLoadMs).toBeGreaterThan(0);
    const { modelLoadMs } = watcher.watched();
    open();
    await answered;
    await reach("its end is seen", ({ phase }) => phase === "finishing");
    expect(watcher.watched().modelLoadMs).toBe(modelLoadMs);
    expect([...phases]).toEqual(["loading", "drawing", "finishing"]);
  });
});

describe("a run that somebody watches", () => {
  it("shows its picture as it grows, each of Forge's previews once", async () => {
    const { draw, advance, previews, asked } = await startWatching({
      options: { isWatched: () => true },
    });
    await draw();
    await advance(10);
    const seen = asked.length;
    await until("the last preview has come", () => asked.length > seen + 4);
    const first = previews.length;
    expect(first).toBeGreaterThan(0);
    await until("it was looked at again", () => asked.length > seen + 8);
    expect(previews).toHaveLength(first);
    await advance(10);
    await until("another preview", () => previews.length > first);
    expect(new Set(previews).size).toBe(previews.length);
    for (const preview of previews) expect(bytesOfDataUri(preview)?.length).toBeGreaterThan(100);
  });

  it("is asked for previews no more often than they are sent", async () => {
    const { draw, advance, previews, asked } = await startWatching({
      options: { isWatched: () => true },
      durations: { livePreviewEveryMs: 60_000 },
    });
    await draw();
    await advance(10);
    await until("a first preview", () => previews.length === 1);
    asked.length = 0;
    await until("it was looked at again", () => asked.length > 3);
    expect(asked.map(({ body }) => (body as { live_preview: boolean }).live_preview)).toEqual(
      asked.map(() => false),
    );
  });

  it("shows what there is to whoever comes, although it was seen before", async () => {
    let isWatched = true;
    const { draw, advance, previews, asked } = await startWatching({
      options: { isWatched: () => isWatched },
    });
    await draw();
    await advance(10);
    const seen = asked.length;
    await until("the last preview has come", () => asked.length > seen + 4);
    isWatched = false;
    await until("it was looked at without a watcher", () => asked.length > seen + 6);
    const count = previews.length;
    isWatched = true;
    await until("a preview again", () => previews.length > count);
    expect(previews.at(-1)).toBe(previews[count - 1]);
  });

  it("is looked at at once when somebody comes, not at the next seldom look", async () => {
    let isWatched = false;
    const minutes = 60_000;
    const { advance, reach, skip, previews } = await startWatching({
      options: { isWatched: () => isWatched },
      durations: { forgePollUnwatchedMs: minutes, stepStallLimitMs: 100 * minutes },
    });
    await reach("its model loads", ({ phase }) => phase === "loading");
    await advance();
    await reach("nothing is drawn yet", ({ phase }) => phase === "drawing");
    skip(10 * minutes);
    await advance(4);
    await reach("the end is far away", ({ remainingMs }) => (remainingMs ?? 0) > 10 * minutes);
    await advance(10);
    isWatched = true;
    await until("a preview", () => previews.length > 0);
  });
});

describe("what somebody does at Forge's own page", () => {
  it("is seen while another job of ours stands behind, which would wipe it", async () => {
    const { draw, client, watcher } = await startWatching({ options: { isFollowed: () => true } });
    await draw();
    expect(watcher.watched().wasCutShort).toBe(false);
    await client.post("/sdapi/v1/interrupt", {});
    await until("it was seen", () => watcher.watched().wasCutShort);
  });

  it("before a job of ours began is not its own", async () => {
    const gated = await startGatedForge();
    const theirs = post(gated, { force_task_id: "theirs" });
    await gated.advance(4);
    const ours = post(gated);
    const end = new AbortController();
    const interest = { isWatched: () => true, isQuick: () => true, isFollowed: () => true };
    const options = { ...interest, onPreview: () => {} };
    const watcher = watchRun(forgeOf(gated.client), TASK, options, end.signal);
    await until("ours waits", () => gated.asked.length > 2);
    await gated.client.post("/sdapi/v1/interrupt", {});
    const seen = gated.asked.length;
    await until("it was looked at again", () => gated.asked.length > seen + 2);
    expect(watcher.progress()).toEqual({
      phase: "waiting",
      share: 0,
      remainingMs: null,
      moveMs: 0,
    });
    gated.open();
    await Promise.all([theirs, ours]);
    expect(watcher.watched().wasCutShort).toBe(false);
    end.abort();
  });
});

it("an interrupt of the next run, which began between two questions, is not taken for one of ours", async () => {
  const gated = await startGatedForge();
  const { client, advance } = gated;
  void post(gated);
  await until("ours is in Forge", async () => (await readTask(client, TASK)) === "active");
  void post(gated, { force_task_id: "next" });
  let isOver = false;
  const slow: ForgeClient = {
    ...client,
    async get(path) {
      if (path === GLOBAL && !isOver) {
        while ((await readTask(client, "next")) !== "active") await advance();
        await client.post("/sdapi/v1/interrupt", {});
        isOver = true;
      }
      return client.get(path);
    },
  };
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const interest = { isWatched: () => false, isQuick: () => true, isFollowed: () => true };
  const watcher = watchRun(forgeOf(slow), TASK, { ...interest, onPreview: () => {} }, end.signal);
  await until("ours is seen to have left", () => watcher.progress().phase === "finishing");
  expect(watcher.watched().wasCutShort).toBe(false);
});

it("an interrupt that is read only after ours has left is known for ours by when that began", async () => {
  const gated = await startGatedForge();
  const { client, advance } = gated;
  void post(gated);
  let skippedMs = 0;
  let isArmed = false;
  const slow: ForgeClient = {
    ...client,
    async get(path) {
      if (path === GLOBAL && isArmed) {
        isArmed = false;
        await client.post("/sdapi/v1/interrupt", {});
        gated.open();
        await until("ours is over", async () => (await readTask(client, TASK)) === "completed");
      }
      return client.get(path);
    },
  };
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const forge = { client: slow, durations: FAST, now: () => performance.now() + skippedMs };
  const interest = { isWatched: () => false, isQuick: () => true, isFollowed: () => true };
  const watcher = watchRun(forge, TASK, { ...interest, onPreview: () => {} }, end.signal);
  await until("its model loads", () => watcher.progress().phase === "loading");
  await advance(4);
  await until("something is drawn", () => watcher.progress().share > 0);
  skippedMs = 2_000;
  isArmed = true;
  await until("ours is seen to have left", () => watcher.progress().phase === "finishing");
  expect(watcher.watched().wasCutShort).toBe(true);
});

describe("a run that hangs", () => {
  it("is found although nobody watches", async () => {
    const { draw, watcher } = await startWatching({ durations: { stepStallLimitMs: 300 } });
    await draw();
    expect(await watcher.hung).toBe(true);
  });

  it("is found where Forge knows no tasks, by Forge's own progress", async () => {
    const { reach, advance, watcher, asked, end } = await startWatching({
      forge: { noWebui: true },
      durations: { stepStallLimitMs: 400 },
    });
    await reach("its model loads", ({ phase }) => phase === "loading");
    await advance(6);
    await reach("something is drawn", ({ share, phase }) => phase === "drawing" && share > 0);
    expect(countOf(asked, GLOBAL)).toBeGreaterThan(2);
    expect(await watcher.hung).toBe(true);
    end.abort();
  });

  it("is not found any more once its watch was ended", async () => {
    const { draw, watcher, end } = await startWatching();
    await draw();
    end.abort();
    expect(await watcher.hung).toBe(false);
  });
});
