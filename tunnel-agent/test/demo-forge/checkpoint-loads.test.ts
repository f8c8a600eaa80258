import { describe, expect, it } from "vitest";
import { RED_CUBE, startForge } from "./started-forge.ts";

const UNET_ONLY = "demoFlux_unet_Q8";
const ALL_PARTS = ["ae.safetensors", "clip_l.safetensors", "t5xxl_fp8_e4m3fn.safetensors"];

const chosen = (checkpoint: string, modules?: string[]) => ({
  override_settings: {
    sd_model_checkpoint: checkpoint,
    ...(modules === undefined ? {} : { forge_additional_modules: modules }),
  },
});

describe("a checkpoint that has only its UNet", () => {
  it.each([
    [[], "CLIP"],
    [["ae.safetensors"], "CLIP"],
    [["ae.safetensors", "clip_l.safetensors"], "T5"],
    [["clip_l.safetensors", "t5xxl_fp8_e4m3fn.safetensors"], "VAE"],
  ])("fails with the modules %j, which it finds out while loading", async (modules, part) => {
    const forge = await startForge({ timeScale: 0 });
    const response = await forge.post("/sdapi/v1/txt2img", {
      ...RED_CUBE,
      ...chosen(UNET_ONLY, modules),
    });
    expect([response.status, await response.json()]).toEqual([
      500,
      {
        error: "AssertionError",
        detail: "",
        body: "",
        message: `You do not have ${part} state dict!`,
      },
    ]);
    expect(forge.jobs[0]).toMatchObject({ state: "failed", stepsDone: 0, model: UNET_ONLY });
  });

  it("runs with all its parts, in any order, and names them behind the version", async () => {
    const forge = await startForge({ timeScale: 0 });
    const { info } = await forge.txt2img({ ...chosen(UNET_ONLY, ALL_PARTS), cfg_scale: 1 });
    expect(info.sd_model_name).toBe(UNET_ONLY);
    expect(info.infotexts[0]).toMatch(
      /Distilled CFG Scale: 3\.5, .*Module 1: ae, Module 2: clip_l, Module 3: t5xxl_fp8_e4m3fn$/,
    );
  });

  it("breaks every later job of the model before it, until another model was loaded", async () => {
    const forge = await startForge({ timeScale: 0 });
    await forge.txt2img();
    const run = async (fields: object) => {
      const response = await forge.post("/sdapi/v1/txt2img", { ...RED_CUBE, ...fields });
      const { error, message } = (await response.json()) as { error?: string; message?: string };
      return error === undefined ? response.status : `${error}: ${message}`;
    };
    const broken = "AttributeError: 'NoneType' object has no attribute 'sd_checkpoint_info'";
    expect(await run(chosen(UNET_ONLY))).toBe("AssertionError: You do not have CLIP state dict!");
    expect(await run({})).toBe(broken);
    expect(await run({})).toBe(broken);
    expect(await run(chosen("demoSceneryXL_v3"))).toBe(200);
    expect(await run({})).toBe(200);
  });
});

describe("loading", () => {
  it("takes the longer the larger the file is: SD1.5, SDXL, Flux", async () => {
    let waitedMs = 0;
    const sleep = async (durationMs: number) => {
      waitedMs += durationMs;
    };
    const forge = await startForge({ timeScale: 1, sleep });
    const times: number[] = [];
    for (const name of ["demoPainter_v1", "demoSceneryXL_v3", "demoFlux_dev_fp8"]) {
      waitedMs = 0;
      await forge.txt2img(chosen(name));
      times.push(waitedMs);
    }
    const [small = 0, medium = 0, large = 0] = times;
    expect(medium - small).toBeGreaterThan(1000);
    expect(large - medium).toBeGreaterThan(1000);
  });

  it("costs a way out of the GPU's memory and back for each override, and nothing for none", async () => {
    let waitedMs = 0;
    const sleep = async (durationMs: number) => {
      waitedMs += durationMs;
    };
    const forge = await startForge({ timeScale: 1, sleep });
    const timeOf = async (fields: object) => {
      waitedMs = 0;
      await forge.txt2img(fields);
      return waitedMs;
    };
    await timeOf({});
    const free = await timeOf({});
    const other = chosen("cyberrealisticPony_v8");
    await timeOf(other);
    // Another job of the same override: nothing is read, but all is moved and encoded anew.
    expect((await timeOf(other)) - free).toBe(400 + 60);
    await timeOf({});
    expect(await timeOf(chosen("demoPainter_v1"))).toBe(free);
  });

  it("happens when the file or the modules change, in the order A A B B A B too", async () => {
    const forge = await startForge({ timeScale: 0 });
    const [a, b] = ["demoPainter_v1", "cyberrealisticPony_v8"];
    for (const name of [a, a, b, b, a, b]) await forge.txt2img(chosen(name));
    expect(forge.jobs.map(({ loads }) => loads)).toEqual([[a], [], [b], [], [a], [b]]);
    // The person's own choice is A: its jobs are free, each of B's pays the way out and back.
    expect(forge.jobs.map(({ modelCost }) => modelCost)).toEqual([
      "load",
      "nothing",
      "load",
      "move",
      "load",
      "load",
    ]);
  });

  it("of an override that stays (restore_afterwards false) is paid once", async () => {
    const forge = await startForge({ timeScale: 0 });
    const job = {
      ...chosen("cyberrealisticPony_v8"),
      override_settings_restore_afterwards: false,
    };
    for (let count = 0; count < 3; count++) await forge.txt2img(job);
    expect(forge.jobs.map(({ modelCost }) => modelCost)).toEqual(["load", "nothing", "nothing"]);
  });
});
