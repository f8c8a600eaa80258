import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../support/box/agent.ts";
import { ALIAS, type Queue, SMALL_JOB, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";

let queue: Queue;
let forge: DemoForge;
let agent: TestAgent;

beforeAll(async () => {
  [queue, forge] = await Promise.all([startQueue(), startDemoForge({ timeScale: 0.01 })]);
  agent = startAgent({ url: queue.worker.url, key: queue.agentKey, forgeUrl: forge.url });
});

afterAll(async () => {
  agent.stop.stopNow();
  await agent.end;
  await forge.stop();
  await queue.stop();
});

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("a picture that was queued over HTTP", () => {
  it("comes back with the very bytes that Forge gave, infotext included", async () => {
    const view = await queue.reach(await queue.submit(), "completed");
    expect(view).toMatchObject({ progress: 100, server_alias: ALIAS, retry_count: 0, error: null });
    const [image] = view.images;
    const bytes = await queue.download(image?.download_url ?? "");
    expect(sha256(bytes)).toBe(forge.jobs.at(-1)?.imageSha256s[0]);
    expect(image).toMatchObject({ width: 128, height: 128, seed: SMALL_JOB.seed });
    expect(image?.infotext).toContain("a red cube on a table");
    expect(bytes.toString("latin1")).toContain(image?.infotext?.split("\n")[0]);
  });

  it("has a small WebP beside it", async () => {
    const view = await queue.reach(await queue.submit({ width: 1024, height: 768 }), "completed");
    const preview = await queue.download(view.images[0]?.preview_url ?? "");
    expect(await sharp(preview).metadata()).toMatchObject({
      format: "webp",
      width: 512,
      height: 384,
    });
  });

  it("is one of as many as were asked for, each with its own seed", async () => {
    const job = { batch_size: 2, n_iter: 2, seed: 50 };
    const view = await queue.reach(await queue.submit(job), "completed");
    expect(view.images.map((image) => image.seed)).toEqual([50, 51, 52, 53]);
    const sums = await Promise.all(
      view.images.map(async (image) => sha256(await queue.download(image.download_url))),
    );
    expect(sums).toEqual(forge.jobs.at(-1)?.imageSha256s);
    expect(new Set(sums).size).toBe(4);
  });

  it("is made from the uploaded picture, inside the uploaded mask only", async () => {
    const blue = { r: 0, g: 0, b: 255 };
    const init = await sharp({ create: { width: 128, height: 128, channels: 3, background: blue } })
      .png()
      .toBuffer();
    const half = await sharp({
      create: { width: 64, height: 128, channels: 3, background: "#fff" },
    })
      .extend({ right: 64, background: "#000" })
      .png()
      .toBuffer();
    const [init_image, mask] = await Promise.all(
      [init, half].map(async (bytes) => {
        const headers = { "content-type": "image/png" };
        const { upload_id } = await queue.owner.call("createUpload", { bytes, headers });
        return { upload_id };
      }),
    );
    const img2img = { init_image, mask, denoising_strength: 1, mask_blur: 0 };
    const view = await queue.reach(await queue.submit({ img2img }), "completed");
    expect(forge.jobs.at(-1)?.kind).toBe("img2img");
    const bytes = await queue.download(view.images[0]?.download_url ?? "");
    const meansAt = async (left: number) => {
      const part = await sharp(bytes).extract({ left, top: 0, width: 48, height: 128 }).toBuffer();
      return (await sharp(part).stats()).channels.slice(0, 3).map((one) => Math.round(one.mean));
    };
    expect(await meansAt(80)).toEqual([0, 0, 255]);
    expect(await meansAt(0)).not.toEqual([0, 0, 255]);
  });
});

describe("what a box has", () => {
  it("is known to the queue: another name is refused before anything is queued", async () => {
    const refused = queue.submit({ sampler_name: "Euler A" });
    await expect(refused).rejects.toMatchObject({
      problem: {
        code: "unknown_name",
        details: [{ choices: expect.arrayContaining(["Euler a"]) }],
      },
    });
  });

  it("gets a checkpoint's hash once Forge has loaded it for the first time", async () => {
    await queue.reach(await queue.submit(), "completed");
    await until("the lists are handed on", () =>
      agent.lines.some((line) => line.startsWith("Forge's lists changed")),
    );
    const models = (await (await fetch(`${forge.url}/sdapi/v1/sd-models`)).json()) as {
      model_name: string;
      hash: string | null;
    }[];
    const { hash } = models.find((one) => one.model_name.startsWith("Pony")) ?? { hash: null };
    expect(hash).toMatch(/^[0-9a-f]{10}$/);
    const id = await until("the queue knows the hash", () =>
      queue.submit({ checkpoint_name: hash }),
    );
    await queue.reach(id, "completed");
  });

  it("the server list tells which Forge it is", async () => {
    const { servers } = await queue.owner.call("listServers", {});
    expect(servers).toMatchObject([{ alias: ALIAS, forge: { flavour: "demo" } }]);
  });
});

it("what a server's jobs have taken is what the next one is expected to take", async () => {
  const slow = { ...SMALL_JOB, width: 512, height: 512, steps: 20 };
  await queue.reach(await queue.submit(slow), "completed");
  const dry = await queue.owner.call("submitJob", {
    body: {
      app_type: "forge",
      target_server_alias: ALIAS,
      generation_params: slow,
      dry_run: true,
    },
  });
  expect(dry).toMatchObject({ queue_position: 1, dry_run: true });
  const id = await queue.submit(slow);
  const view = await queue.status(id);
  const endInMs = Date.parse(view.estimated_completion_time ?? "") - Date.now();
  // Before anything is known the same job is expected to take some nine seconds, most of it a model load.
  expect(endInMs).toBeLessThan(6_000);
  await queue.reach(id, "completed");
});

it("neither key nor secret nor prompt ever stands in the agent's log", () => {
  const text = agent.lines.join("\n");
  expect(text.length).toBeGreaterThan(100);
  expect(text).not.toContain(queue.agentKey.secret);
  expect(text).not.toContain(queue.agentKey.key);
  expect(text).not.toContain("red cube");
  expect(readFileSync(`${agent.stateDir}/journal.json`, "utf8")).not.toContain("red cube");
});
