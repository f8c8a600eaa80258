import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../support/box/agent.ts";
import { type Fault, type FaultyProxy, startFaultyProxy } from "../support/box/faulty-proxy.ts";
import { type Queue, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";

let queue: Queue;
let forge: DemoForge;
let proxy: FaultyProxy;
let agent: TestAgent;

beforeAll(async () => {
  [queue, forge] = await Promise.all([startQueue(), startDemoForge({ timeScale: 0.01 })]);
});

afterAll(async () => {
  await forge.stop();
  await queue.stop();
});

beforeEach(async () => {
  proxy = await startFaultyProxy(queue.worker.url);
  agent = startAgent({ url: proxy.url, key: queue.agentKey, forgeUrl: forge.url });
});

afterEach(async () => {
  agent.stop.stopNow();
  await agent.end;
  await proxy.stop();
});

const timesAsked = (path: string) => proxy.seen.filter((seen) => seen.endsWith(path)).length;
const jobsOf = (prompt: string) => forge.jobs.filter((job) => job.prompt === prompt);

describe("a network that fails between the agent and the queue", () => {
  it.each<[string, Fault]>([
    ["/claim", "lose_answer"],
    ["/claim", "login_page"],
    ["/start", "lose_answer"],
    ["/start", "login_page"],
    ["/images/1", "lose_answer"],
    ["/images/1", "login_page"],
    ["/previews/1", "lose_answer"],
    ["/complete", "lose_answer"],
    ["/complete", "cut_answer"],
    ["/complete", "login_page"],
  ])("at %s by %s costs no second run and no second picture", async (path, fault) => {
    const prompt = `${path} ${fault}`;
    proxy.once(path, fault);
    const id = await queue.submit({ positive_prompt: prompt });
    const view = await queue.reach(id, "completed");
    expect(view.images).toHaveLength(1);
    expect(view.retry_count).toBe(0);
    await until("it was asked again", () => timesAsked(path) > 1);
    expect(jobsOf(prompt)).toHaveLength(1);
    expect(await queue.status(id)).toMatchObject({ status: "completed", images: view.images });
  });

  it("in the middle of an input picture only makes the agent fetch it again", async () => {
    const bytes = await sharp({
      create: { width: 128, height: 128, channels: 3, background: "#08f" },
    })
      .png()
      .toBuffer();
    const headers = { "content-type": "image/png" };
    const { upload_id } = await queue.owner.call("createUpload", { bytes, headers });
    proxy.once(`/uploads/${upload_id}`, "cut_answer");
    const id = await queue.submit({ img2img: { init_image: { upload_id } } });
    const view = await queue.reach(id, "completed");
    expect(view.retry_count).toBe(0);
    expect(timesAsked(upload_id)).toBe(2);
  });

  it("that swallows an upload does not hold up a cancel", async () => {
    proxy.once("/images/1", "swallow");
    const id = await queue.submit();
    await until("the upload hangs", () => timesAsked("/images/1") > 0);
    await queue.owner.call("cancelJob", { params: { id } });
    await queue.reach(id, "cancelled");
    const next = await queue.submit();
    await queue.reach(next, "completed");
  });
});
