import { describe, expect, it } from "vitest";
import { RED_CUBE, type StartedForge, startForge } from "./started-forge.ts";

const INK = "a red cube <lora:demo_ink:0.8>";
const PONY = "cyberrealisticPony_v8";

/** The picture of a job that nothing came before. */
async function runAlone(fields: object): Promise<Buffer[]> {
  return (await (await startForge({ timeScale: 0 })).txt2img(fields)).images;
}

const options = async (forge: StartedForge) =>
  (await forge.read("/sdapi/v1/options")) as Record<string, unknown>;

describe("a LoRA", () => {
  it("is gone with the next prompt that does not name it", async () => {
    const forge = await startForge({ timeScale: 0 });
    await forge.txt2img({ prompt: INK });
    expect((await forge.txt2img()).images).toEqual(await runAlone({}));
    expect(forge.jobs.map(({ loras }) => loras)).toEqual([["demo_ink:0.8"], []]);
  });

  it("of the job before stays in force with disable_extra_networks, without a trace", async () => {
    const forge = await startForge({ timeScale: 0 });
    const { images } = await forge.txt2img({ prompt: INK });
    const disabled = await forge.txt2img({ disable_extra_networks: true });
    expect(disabled.images[0]).not.toEqual((await runAlone({}))[0]);
    expect(disabled.info.infotexts[0]).not.toMatch(/Lora hashes/);
    expect(forge.jobs[1]?.loras).toEqual(["demo_ink:0.8"]);
    const tagged = await forge.txt2img({ prompt: INK, disable_extra_networks: true });
    expect(tagged.images).not.toEqual(images);
    expect(forge.jobs[2]?.loras).toEqual(["demo_ink:0.8"]);
  });

  it("of the job before is gone when another model was loaded in between", async () => {
    const forge = await startForge({ timeScale: 0 });
    await forge.txt2img({ prompt: INK });
    await forge.txt2img({ override_settings: { sd_model_checkpoint: PONY } });
    const disabled = await forge.txt2img({ disable_extra_networks: true });
    expect(disabled.images).toEqual(await runAlone({}));
  });

  it.each([
    "a red cube <lora:no_such:1>",
    "a red cube <lora:demo_ink:0.8><lora:no_such:1>",
    "a red cube <lora:demo_ink:heavy>",
    "a red cube <lora:DEMO_INK:0.8>",
  ])("that cannot be loaded (%s) makes the job plain, whatever ran before", async (prompt) => {
    const forge = await startForge({ timeScale: 0 });
    await forge.txt2img({ prompt: INK });
    const { info } = await forge.txt2img({ prompt });
    expect(forge.jobs[1]?.loras).toEqual([]);
    expect(info.infotexts[0]).not.toMatch(/Lora hashes/);
    expect(info.prompt).toBe(prompt);
  });

  it("is found by its alias, and weighs text encoder and UNet apart", async () => {
    const forge = await startForge({ timeScale: 0 });
    const { info } = await forge.txt2img({
      prompt: "a <lora:demo ink:1:0.5><lora:demo_glow:te=2>",
    });
    expect(forge.jobs[0]?.loras).toEqual(["demo_ink:1:0.5", "demo_glow:2"]);
    expect(info.infotexts[0]).toMatch(/Lora hashes: "demo ink: \w{12}, demo_glow: \w{12}"/);
  });

  it("differs by weight and by file", async () => {
    const forge = await startForge({ timeScale: 0 });
    const prompts = ["", "<lora:demo_ink:0.8>", "<lora:demo_ink:0.4>", "<lora:demo_glow:0.8>"];
    const seen = new Set<string>();
    for (const tag of prompts) {
      const { images } = await forge.txt2img({ prompt: `a red cube${tag}` });
      seen.add(images[0]?.subarray(500).toString("base64") ?? "");
    }
    expect(seen.size).toBe(prompts.length);
  });
});

describe("an override of an option that config.json does not hold", () => {
  it.each([
    ["CLIP_stop_at_last_layers", 2, {}],
    ["eta_noise_seed_delta", 31337, { sampler_name: "Euler a" }],
    ["randn_source", "CPU", {}],
    ["emphasis", "No norm", { prompt: "a (red) cube" }],
    ["token_merging_ratio", 0.5, {}],
    ["sd_noise_schedule", "Zero Terminal SNR", {}],
    ["s_churn", 4, {}],
    ["forge_additional_modules", ["demo_vae.safetensors"], {}],
  ])("%s reaches the next job, and shows in its picture", async (name, value, fields) => {
    const forge = await startForge({ timeScale: 0 });
    await forge.txt2img({ ...fields, override_settings: { [name]: value } });
    const leaked = await forge.txt2img(fields);
    const alone = await runAlone(fields);
    expect(leaked.images[0]?.subarray(600)).not.toEqual(alone[0]?.subarray(600));
  });

  it("does not reach the next job when that says the option's own value", async () => {
    const forge = await startForge({ timeScale: 0 });
    await forge.txt2img({ override_settings: { CLIP_stop_at_last_layers: 2 } });
    const override_settings = { CLIP_stop_at_last_layers: 1 };
    const { images } = await forge.txt2img({ override_settings });
    expect(images).toEqual(await runAlone({}));
    expect((await options(forge)).CLIP_stop_at_last_layers).toBe(2);
  });

  it("is put back once the option was stored by POST options", async () => {
    const forge = await startForge({ timeScale: 0 });
    await forge.ask("/sdapi/v1/options", { randn_source: "GPU" });
    await forge.txt2img({ override_settings: { randn_source: "CPU" } });
    expect((await options(forge)).randn_source).toBe("GPU");
    expect((await forge.txt2img()).images).toEqual(await runAlone({}));
  });

  it("that is unknown fails the job, unless it is null and so changes nothing", async () => {
    const forge = await startForge({ timeScale: 0 });
    const post = (value: unknown) =>
      forge.post("/sdapi/v1/txt2img", { ...RED_CUBE, override_settings: { no_such: value } });
    expect(await (await post(1)).json()).toMatchObject({ error: "KeyError", message: "'no_such'" });
    expect((await post(null)).status).toBe(200);
  });
});

describe("modules", () => {
  const vae = ["demo_vae.safetensors"];

  it("are stored as paths, and not at all when the same set is chosen", async () => {
    const forge = await startForge();
    const choose = (files: string[]) =>
      forge.ask("/sdapi/v1/options", { forge_additional_modules: files });
    await choose(["clip_l.safetensors", "demo_vae.safetensors", "no_such.safetensors"]);
    const paths = [
      "DEMO_FORGE/models/text_encoder/clip_l.safetensors",
      "DEMO_FORGE/models/VAE/demo_vae.safetensors",
    ];
    expect((await options(forge)).forge_additional_modules).toEqual(paths);
    await choose(["demo_vae.safetensors", "clip_l.safetensors"]);
    expect((await options(forge)).forge_additional_modules).toEqual(paths);
  });

  it("of an override leak only until something has stored the option", async () => {
    const forge = await startForge({ timeScale: 0 });
    const override_settings = { forge_additional_modules: vae };
    await forge.txt2img({ override_settings });
    await forge.txt2img();
    expect(forge.jobs.map(({ modules }) => modules)).toEqual([["demo_vae"], ["demo_vae"]]);
    await forge.ask("/sdapi/v1/options", { forge_additional_modules: [] });
    await forge.txt2img({ override_settings });
    await forge.txt2img();
    expect(forge.jobs.slice(2).map(({ modules }) => modules)).toEqual([["demo_vae"], []]);
  });

  it("of a second pass are put back, which stores the option", async () => {
    const forge = await startForge({ timeScale: 0 });
    const hires = { enable_hr: true, denoising_strength: 0.5, hr_additional_modules: vae };
    const { info } = await forge.txt2img(hires);
    expect(info.infotexts[0]).toMatch(/Hires Module 1: demo_vae/);
    await forge.txt2img({ override_settings: { forge_additional_modules: vae } });
    await forge.txt2img();
    expect(forge.jobs.map(({ modules }) => modules)).toEqual([[], ["demo_vae"], []]);
  });
});

describe("the selected checkpoint", () => {
  it("keeps its spelling when an override names it by another alias, which is free", async () => {
    const forge = await startForge({ timeScale: 0 });
    await forge.txt2img();
    await forge.txt2img({ override_settings: { sd_model_checkpoint: "demoPainter_v1" } });
    await forge.txt2img();
    expect((await options(forge)).sd_model_checkpoint).toBe("demoPainter_v1.safetensors");
    expect(forge.jobs.map(({ modelCost }) => modelCost)).toEqual(["load", "nothing", "nothing"]);
  });

  it("is stored by POST options only when it is there; null selects the first file", async () => {
    const forge = await startForge({ timeScale: 0 });
    const post = (name: unknown) => forge.post("/sdapi/v1/options", { sd_model_checkpoint: name });
    for (const name of ["no_such", ""]) {
      const response = await post(name);
      expect([response.status, await response.json()]).toMatchObject([
        500,
        { error: "RuntimeError", message: `model '${name}' not found` },
      ]);
    }
    expect((await post(null)).status).toBe(200);
    expect((await options(forge)).sd_model_checkpoint).toBeNull();
    expect((await forge.txt2img()).info.sd_model_name).toBe("demoPainter_v1");
  });
});

it("an option of a wrong type is stored as it is: GET options fails, and each job", async () => {
  const forge = await startForge();
  await forge.ask("/sdapi/v1/options", { CLIP_stop_at_last_layers: "two" });
  const listed = await forge.get("/sdapi/v1/options");
  expect([listed.status, await listed.json()]).toMatchObject([
    500,
    { error: "ResponseValidationError", body: { CLIP_stop_at_last_layers: "two" } },
  ]);
  const ran = await forge.post("/sdapi/v1/txt2img", RED_CUBE);
  expect([ran.status, await ran.json()]).toMatchObject([
    500,
    { error: "ValueError", message: "invalid literal for int() with base 10: 'two'" },
  ]);
});
