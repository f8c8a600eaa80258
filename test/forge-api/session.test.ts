import { expect, it, onTestFinished } from "vitest";
import { startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { IMG2IMG } from "./cases/img2img.ts";
import { connectForge } from "./forge/connection.ts";
import { openSession } from "./session.ts";
import { runGroups } from "./suite.ts";

it("a Forge is asked a second time as the first, with the dead ids of the first run in its list", async () => {
  const demo = await startDemoForge({ timeScale: 0.02, noHashing: true });
  onTestFinished(() => demo.stop());
  const forge = connectForge(demo.url, null);
  for (const deadIds of [0, 5]) {
    const session = await openSession(forge, { login: null, checkpoint: null });
    expect(session.deadIds).toHaveLength(deadIds);
    for await (const result of runGroups(session, IMG2IMG, new AbortController().signal)) {
      const cases = result.type === "run" ? result.cases : [];
      expect(cases.flatMap(({ differences }) => differences)).toEqual([]);
    }
    expect(await session.settings?.restore()).toEqual([]);
  }
});

it("a run has the settings of the recordings, and those of the owner come back after it", async () => {
  const demo = await startDemoForge({ timeScale: 0.02 });
  onTestFinished(() => demo.stop());
  const forge = connectForge(demo.url, null);
  const own = { CLIP_stop_at_last_layers: 2, samples_format: "webp", randn_source: "NV" };
  await forge.ask("/sdapi/v1/options", own);
  const session = await openSession(forge, {
    login: null,
    checkpoint: "cyberrealisticPony_v8",
  });
  const during = (await forge.read("/sdapi/v1/options")) as Record<string, unknown>;
  expect(during).toMatchObject({
    CLIP_stop_at_last_layers: 1,
    samples_format: "png",
    randn_source: "GPU",
    sd_model_checkpoint: "Pony/cyberrealisticPony_v8.safetensors",
  });
  expect(await session.settings?.restore()).toEqual([]);
  expect(await forge.read("/sdapi/v1/options")).toEqual(session.settings?.before);
  expect(session.settings?.before).toMatchObject(own);
});

it("a Forge without the files that a group needs is not asked it", async () => {
  const demo = await startDemoForge({ timeScale: 0.02, hasApi: false });
  onTestFinished(() => demo.stop());
  const session = await openSession(connectForge(demo.url, null), {
    login: null,
    checkpoint: null,
  });
  const results = [];
  for await (const result of runGroups(session, IMG2IMG, new AbortController().signal))
    results.push(result);
  expect(results).toEqual(
    IMG2IMG.map(({ name }) => ({
      type: "left out",
      name,
      need: "a Forge with --api and its page, so without --nowebui",
    })),
  );
});
