import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PATIENT } from "../support/box/durations.ts";
import { type HandAgent, startHandAgent } from "../support/box/hand-agent.ts";
import { ALIAS, type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import { faultsOfOrder, type Watcher, watchServer } from "../support/box/watcher.ts";

let queue: Queue;
let agent: HandAgent;
let watcher: Watcher;

beforeEach(async () => {
  queue = await startQueue(PATIENT);
  agent = await startHandAgent(queue.worker.url, queue.agentKey);
  watcher = await watchServer(queue.worker.url, queue.ownerKey, ALIAS);
});

afterEach(async () => {
  watcher.stop();
  agent.stop();
  await queue.stop();
});

const sleep = () => queue.worker.putHubToSleep(ALIAS);
const picture = (side: number) =>
  sharp({ create: { width: side, height: side, channels: 3, background: "#468" } });

/** What a watcher heard of a job, each event as a word or two. */
const wordsOf = (jobId: string) =>
  watcher
    .about(jobId)
    .map((event) =>
      event.type === "preview" ? `preview ${event.index}` : `${event.status} ${event.progress}`,
    );

describe("a hub that falls asleep between any two messages", () => {
  it("loses no event of a job's life, and tells them in order", async () => {
    const webp = await picture(64).webp().toBuffer();
    await sleep();
    const id = await queue.submit();
    await sleep();
    const run = await agent.begin();
    await sleep();
    for (const percent of [10, 40, 40, 70]) {
      run.progress(percent);
      await until(`${percent} % is heard`, () => wordsOf(id).includes(`processing ${percent}`));
      await sleep();
      await run.preview(webp);
      await sleep();
    }
    await run.preview(webp, 1);
    await until("the finished picture is heard", () => wordsOf(id).includes("preview 1"));
    await sleep();
    await run.complete(await picture(64).png().toBuffer());
    await until("the end is heard", () => wordsOf(id).includes("completed 100"));
    expect(wordsOf(id)).toEqual([
      "pending 0",
      // Taken, then begun.
      "pending 0",
      "processing 0",
      ...[10, 40, 40, 70].flatMap((percent) => [`processing ${percent}`, "preview 0"]),
      "preview 1",
      "completed 100",
    ]);
    expect(faultsOfOrder(watcher.about(id))).toEqual([]);
    expect(watcher.closed()).toBeNull();
  });

  it("still rings its agent and hands on a cancel", async () => {
    await sleep();
    const id = await queue.submit();
    await until("the bell", () => agent.heard.some(({ type }) => type === "work"));
    const run = await agent.begin();
    await sleep();
    await queue.owner.call("cancelJob", { params: { id } });
    await until("the cancel", () =>
      agent.heard.some((one) => one.type === "cancel" && one.mobilesd_job_id === id),
    );
    await run.release();
    await queue.reach(id, "cancelled");
  });

  it("says to whoever comes back with an event of before that something was missed", async () => {
    const id = await queue.submit();
    await until("it is heard", () => watcher.about(id).length > 0);
    const since = watcher.heard.at(-1)?.id;
    await sleep();
    const again = await watchServer(queue.worker.url, queue.ownerKey, ALIAS, since);
    expect(again.heard.map(({ type }) => type)).toEqual(["gap", "server"]);
    again.stop();
  });
});
