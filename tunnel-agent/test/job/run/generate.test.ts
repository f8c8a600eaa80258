import { getEventListeners } from "node:events";
import { DURATIONS } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { startDemoForge } from "../../../demo-forge/server.ts";
import { createForgeClient } from "../../../src/forge/client.ts";
import { generate } from "../../../src/job/run/generate.ts";
import { createForgeLine } from "../../../src/pipeline/forge-line.ts";

const REQUEST = {
  path: "/sdapi/v1/txt2img",
  body: { prompt: "x", steps: 1 },
  overrides: {},
} as const;

const now = () => performance.now();

async function ask(forgeUrl: string, never = new AbortController().signal) {
  const client = createForgeClient(forgeUrl, null);
  const line = createForgeLine(() => DURATIONS, now);
  const seat = line.join({ jobId: "job", label: "", megapixelSteps: 1 });
  await seat.turn({ overrideKeys: [], mustBeAlone: false }, never);
  const posting = {
    request: REQUEST,
    taskId: "task(mobilesd-1)",
    seat,
    isAlone: true,
    watch: { isWatched: () => false, onPreview: () => undefined, onProgress: () => undefined },
  };
  const stops = { stop: never, hurry: never };
  return generate({ client, durations: DURATIONS, now }, posting, stops);
}

it("a Forge that went away before it was asked did not die of the job: the run costs nothing", async () => {
  const forge = await startDemoForge({ timeScale: 0 });
  await forge.stop();
  expect(await ask(forge.url)).toEqual({ type: "not_sent" });
});

it("a Forge that is starting, and has no routes yet, costs the job nothing either", async () => {
  const forge = await startDemoForge({ timeScale: 0 });
  forge.setPhase("empty");
  expect(await ask(forge.url)).toEqual({ type: "not_sent" });
  await forge.stop();
});

it("a Forge that dies while it works is told from one that was not there", async () => {
  const forge = await startDemoForge({ timeScale: 0, faults: { crash: true } });
  expect(await ask(forge.url)).toMatchObject({ type: "failed", failure: { kind: "forge_died" } });
  await forge.stop();
});

it("a run that is over is listened for no more: what outlives it would keep its answer in memory", async () => {
  const forge = await startDemoForge({ timeScale: 0 });
  const stop = AbortSignal.any([new AbortController().signal]);
  expect(await ask(forge.url, stop)).toMatchObject({ type: "answer" });
  expect(getEventListeners(stop, "abort")).toHaveLength(0);
  await forge.stop();
});
