import { ResolvedParams } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import type { Host } from "../../../src/forge/host.ts";
import { findRemedy } from "../../../src/job/run/recover.ts";

const PARAMS = ResolvedParams.parse({
  positive_prompt: "a red cube",
  checkpoint_name: "mine",
  steps: 20,
  scheduler: "karras",
  width: 1024,
  height: 1024,
});

const error500 = (error: string, message: string) => ({
  status: 500,
  body: { error, detail: "", body: "", message },
});
const LOST = error500("AttributeError", "'NoneType' object has no attribute 'sd_checkpoint_info'");

function hostWith(names: readonly string[], needing: readonly string[] = []): Host {
  const checkpoints = names.map((name) => ({ name, basename: name, hash: null, sha256: null }));
  return {
    catalogue: { checkpoints } as unknown as Host["catalogue"],
    options: { own: {}, samplesFormat: "png", writesInfotext: true },
    stylePrompts: new Map(),
    needsModules: async (name) => needing.includes(name),
    isDedicated: false,
  };
}

describe("an error of Forge that can be mended from outside", () => {
  it("is full memory: all is unloaded before the job is tried again", async () => {
    const answer = error500("OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.00 GiB");
    expect(await findRemedy(answer, PARAMS, "mine", hostWith(["mine"]))).toEqual({
      type: "unload",
    });
  });

  it("is a lost model: another one that works by itself is loaded with next to no work", async () => {
    const host = hostWith(["mine", "unet only", "other"], ["unet only"]);
    const remedy = await findRemedy(LOST, PARAMS, "mine", host);
    expect(remedy).toMatchObject({
      type: "load_other",
      params: { checkpoint_name: "other", steps: 1, width: 64, height: 64, positive_prompt: "" },
    });
  });

  it("is not a lost model on a box that has no other", async () => {
    expect(await findRemedy(LOST, PARAMS, "mine", hostWith(["mine"]))).toBe(null);
  });

  it("is no other error", async () => {
    const other = error500("RuntimeError", "something else");
    expect(await findRemedy(other, PARAMS, "mine", hostWith(["mine", "other"]))).toBe(null);
    const refused = { ...LOST, status: 422 };
    expect(await findRemedy(refused, PARAMS, "mine", hostWith(["mine", "other"]))).toBe(null);
  });
});
