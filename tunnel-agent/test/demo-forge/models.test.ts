import { describe, expect, it } from "vitest";
import { startForge } from "./started-forge.ts";

const PONY = "Pony/cyberrealisticPony_v8.safetensors";

interface ModelRow {
  title: string;
  model_name: string;
  hash: string | null;
  sha256: string | null;
}

const listModels = async (forge: { read: (path: string) => Promise<unknown> }) =>
  (await forge.read("/sdapi/v1/sd-models")) as ModelRow[];

describe("a checkpoint", () => {
  it("has no hash until it was loaded, then its title ends with it and old titles go on to work", async () => {
    const forge = await startForge();
    const before = (await listModels(forge)).find(({ title }) => title === PONY);
    expect(before).toMatchObject({ model_name: "Pony_cyberrealisticPony_v8", hash: null });
    await forge.txt2img({ override_settings: { sd_model_checkpoint: PONY } });
    const after = (await listModels(forge)).find(({ title }) => title.startsWith(PONY));
    expect(after?.title).toBe(`${PONY} [${after?.hash}]`);
    expect(after?.sha256).toMatch(new RegExp(`^${after?.hash}[0-9a-f]{54}$`));
    const names = [PONY, after?.title, after?.hash, after?.sha256, "cyberrealisticPony_v8"];
    for (const name of [...names, "Pony_cyberrealisticPony_v8"]) {
      const { info } = await forge.txt2img({ override_settings: { sd_model_checkpoint: name } });
      expect([name, info.sd_model_name]).toEqual([name, "cyberrealisticPony_v8"]);
    }
    expect(await forge.read("/sdapi/v1/options")).toMatchObject({
      sd_model_checkpoint: "demoPainter_v1.safetensors",
      sd_checkpoint_hash: after?.sha256,
    });
  });

  it.each([
    "no_such_model",
    "cyberrealisticPony_v8.safetensors",
    "Pony\\cyberrealisticPony_v8.safetensors",
    "pony/cyberrealisticpony_v8.safetensors",
    "",
    null,
  ])(
    "called %j in an override is replaced by the current one, and only the echo lacks the key",
    async (name) => {
      const forge = await startForge();
      const plain = await forge.txt2img();
      const { info, parameters, images } = await forge.txt2img({
        override_settings: { sd_model_checkpoint: name },
      });
      expect(parameters.override_settings).toEqual({});
      expect(info.sd_model_name).toBe("demoPainter_v1");
      expect(images).toEqual(plain.images);
    },
  );

  it("chosen by POST options stays, and loads only with the next job", async () => {
    const forge = await startForge();
    await forge.ask("/sdapi/v1/options", { sd_model_checkpoint: "cyberrealisticPony_v8" });
    expect((await listModels(forge)).every(({ hash }) => hash === null)).toBe(true);
    expect((await forge.txt2img()).info.sd_model_name).toBe("cyberrealisticPony_v8");
  });

  it("costs a load when it changes, a move when the selection was changed back, otherwise nothing", async () => {
    const forge = await startForge({ timeScale: 0 });
    const other = { override_settings: { sd_model_checkpoint: "cyberrealisticPony_v8" } };
    const same = { override_settings: { sd_model_checkpoint: "demoPainter_v1" } };
    for (const fields of [other, other, {}, {}, same]) await forge.txt2img(fields);
    expect(forge.jobs.map(({ model, modelCost }) => [model, modelCost])).toEqual([
      ["cyberrealisticPony_v8", "load"],
      ["cyberrealisticPony_v8", "move"],
      ["demoPainter_v1", "load"],
      ["demoPainter_v1", "nothing"],
      ["demoPainter_v1", "nothing"],
    ]);
    await forge.ask("/sdapi/v1/unload-checkpoint", {});
    await forge.txt2img();
    expect(forge.jobs.at(-1)?.modelCost).toBe("move");
  });
});

describe("silent choices", () => {
  it("a style is applied by name, an unknown one ignored yet listed", async () => {
    const forge = await startForge();
    const { info } = await forge.txt2img({
      styles: ["Demo oil painting", "Demo sunset", "no such"],
    });
    expect(info.prompt).toBe("oil painting, a red cube, detailed, sunset");
    expect(info.negative_prompt).toBe("blurry");
    expect(info.styles).toEqual(["Demo oil painting", "Demo sunset", "no such"]);
  });

  it("a LoRA and an embedding change the picture and stand in the infotext", async () => {
    const forge = await startForge();
    const plain = await forge.txt2img();
    const used = await forge.txt2img({ prompt: "a red cube <lora:demo_ink:0.8>, demo_style" });
    expect(used.images).not.toEqual(plain.images);
    expect(used.info.infotexts[0]).toMatch(/, Lora hashes: "demo_ink: \w{12}", TI: demo_style, /);
    expect(used.info.prompt).toBe("a red cube <lora:demo_ink:0.8>, demo_style");
  });

  it("a LoRA that is missing takes the others with it, without a trace", async () => {
    const forge = await startForge();
    const { info } = await forge.txt2img({ prompt: "a <lora:demo_ink:1><lora:no_such:1>" });
    expect(info.infotexts[0]).not.toMatch(/Lora hashes/);
    expect(info.extra_generation_params).toEqual({});
  });

  it("modules are taken by basename or path and named without extension, unknown ones dropped", async () => {
    const forge = await startForge();
    const wanted = ["demo_vae.safetensors", "/models/clip_l.safetensors", "no_such.safetensors"];
    const { info, parameters } = await forge.txt2img({
      override_settings: { forge_additional_modules: wanted },
    });
    expect(info.infotexts[0]).toMatch(/Version: [^,]+, Module 1: demo_vae, Module 2: clip_l$/);
    expect(parameters.override_settings).toEqual({ forge_additional_modules: wanted });
  });
});

describe("an override", () => {
  it("of an option that was never stored stays in force after the job", async () => {
    const forge = await startForge();
    await forge.txt2img({ override_settings: { CLIP_stop_at_last_layers: 2 } });
    expect(await forge.read("/sdapi/v1/options")).toMatchObject({ CLIP_stop_at_last_layers: 2 });
    expect((await forge.txt2img()).info.clip_skip).toBe(2);
  });

  it("of a stored option is taken back after the job, also when the job fails", async () => {
    const forge = await startForge();
    await forge.ask("/sdapi/v1/options", { CLIP_stop_at_last_layers: 1 });
    const override = { override_settings: { CLIP_stop_at_last_layers: 3 } };
    expect((await forge.txt2img(override)).info.clip_skip).toBe(3);
    forge.faults.set({ error500: 1 });
    await forge.post("/sdapi/v1/txt2img", { width: 64, height: 64, ...override });
    expect((await forge.txt2img()).info.clip_skip).toBe(1);
  });

  it("with restore_afterwards false changes the options for good", async () => {
    const forge = await startForge();
    await forge.txt2img({
      override_settings: { sd_model_checkpoint: PONY },
      override_settings_restore_afterwards: false,
    });
    expect(await forge.read("/sdapi/v1/options")).toMatchObject({ sd_model_checkpoint: PONY });
    expect((await forge.txt2img()).info.sd_model_name).toBe("cyberrealisticPony_v8");
  });
});
