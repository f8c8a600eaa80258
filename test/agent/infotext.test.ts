import type { SubmitAnswer } from "@mobilesd/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { startAgent, type TestAgent } from "../support/box/agent.ts";
import { ALIAS, type Queue, startQueue } from "../support/box/queue.ts";

let queue: Queue;
let forge: DemoForge;
let agent: TestAgent;

beforeAll(async () => {
  [queue, forge] = await Promise.all([startQueue(), startDemoForge({ timeScale: 0.01 })]);
  agent = startAgent({ url: queue.worker.url, key: queue.agentKey, forgeUrl: forge.url });
  // Forge names a file's hash from its first load on; the pictures here are compared to the last byte.
  for (const checkpoint_name of ["demoPainter_v1", "cyberrealisticPony_v8"]) {
    await queue.reach(await queue.submit({ checkpoint_name }), "completed");
  }
});

afterAll(async () => {
  agent.stop.stopNow();
  await agent.end;
  await forge.stop();
  await queue.stop();
});

async function submitInfotext(generation_info_raw: string): Promise<string> {
  const body = { app_type: "forge" as const, target_server_alias: ALIAS, generation_info_raw };
  const answer = (await queue.owner.call("submitJob", { body })) as SubmitAnswer;
  return answer.mobilesd_job_id;
}

async function pictureOf(id: string): Promise<{ infotext: string; bytes: Buffer }> {
  const { images } = await queue.reach(id, "completed");
  const [image] = images;
  const bytes = await queue.download(image?.download_url ?? "");
  return { infotext: image?.infotext ?? "", bytes };
}

const SCENE = { positive_prompt: "a (red:1.2) cube <lora:demo_glow:0.8>", negative_prompt: "fog" };

describe("the infotext of a result, queued again", () => {
  it.each([
    ["a plain job", {}],
    ["one with seed extras", { subseed: 9, subseed_strength: 0.3, clip_skip: 2, eta: 0.5 }],
    [
      "one with a hires fix",
      {
        hires: {
          scale: 1.5,
          upscaler: "Latent",
          steps: 2,
          sampler_name: "DPM++ 2M",
          prompt: "a, b",
        },
      },
    ],
    ["one that names its size after hires fix", { hires: { width: 192, upscaler: "Lanczos" } }],
    ["one with a refiner", { refiner: { checkpoint_name: "demoPainter_v1", switch_at: 0.5 } }],
    ["one with a VAE of its own", { modules: ["demo_vae"] }],
    [
      "one with settings",
      { settings: { eta_noise_seed_delta: 31337, randn_source: "CPU", emphasis: "No norm" } },
    ],
  ])("gives the very same picture of %s", async (_, more) => {
    const first = await pictureOf(await queue.submit({ ...SCENE, ...more }));
    const again = await pictureOf(await submitInfotext(first.infotext));
    expect(again.infotext).toBe(first.infotext);
    expect(again.bytes.equals(first.bytes)).toBe(true);
  });
});
