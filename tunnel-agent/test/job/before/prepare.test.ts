import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { Host } from "../../../src/forge/host.ts";
import { prepare } from "../../../src/job/before/prepare.ts";
import { Picture } from "../../../src/picture.ts";
import { hostWith, LAB_HOST, PLAIN, PONY, paramsOf, uploadRef } from "../request/lab-host.ts";

const picture = async () => {
  const create = { width: 64, height: 64, channels: 3, background: "red" } as const;
  return new Picture(await sharp({ create }).png().toBuffer());
};

function run(more: Record<string, unknown>, host: Host = LAB_HOST, pictures = new Map()) {
  return prepare(paramsOf(more), PONY, host, pictures);
}

describe("a job before anything of it is sent", () => {
  it("is ready where all of it is there", async () => {
    const input = await picture();
    const ready = await run(
      { img2img: { init_image: uploadRef(1) }, modules: ["ae"] },
      LAB_HOST,
      new Map([[uploadRef(1).upload_id, input]]),
    );
    expect(ready).toEqual({
      ok: true,
      prepared: {
        checkpoints: { main: PONY, refiner: null, hires: null },
        schedulers: { main: "Karras", hires: null },
        modules: { main: ["ae.safetensors"], hires: null },
        scripts: { selectable: null, alwaysOn: {} },
        pictures: new Map([[uploadRef(1).upload_id, input]]),
        inputSize: { width: 64, height: 64 },
        warnings: [],
      },
    });
  });

  it.each([
    ["invalid_job", "refiner.switch_at", { refiner: { checkpoint_name: PLAIN, switch_at: 1 } }],
    ["invalid_job", "script.name", { script: { name: "X/Y/Z plot", args: [] } }],
    ["invalid_job", "alwayson_scripts.Seed", { alwayson_scripts: { Seed: { args: [] } } }],
    ["invalid_job", "positive_prompt", { positive_prompt: "<lyco:lab_lora:1>" }],
    ["missing_name", "sampler_name", { sampler_name: "gone" }],
    ["invalid_job", "settings.upcast_attn", { settings: { upcast_attn: true } }],
    ["script_changed", "script.args", { script: { name: "Prompt matrix", args: [1] } }],
  ])("fails as %s by its field %s", async (reason, field, more) => {
    const found = await run(more);
    expect(found).toMatchObject({ ok: false, failure: { kind: "user", reason, field } });
  });

  it("fails by a picture that cannot be read", async () => {
    const pictures = new Map([[uploadRef(1).upload_id, new Picture(Buffer.from("x"))]]);
    const found = await run({ img2img: { init_image: uploadRef(1) } }, LAB_HOST, pictures);
    expect(found).toMatchObject({ ok: false, failure: { reason: "bad_image" } });
  });

  it("fails where Forge cannot hand its pictures over", async () => {
    const options = { ...LAB_HOST.options, samplesFormat: "avif" };
    const found = await run({}, { ...LAB_HOST, options });
    expect(found).toMatchObject({ ok: false, failure: { reason: "unsupported_format" } });
  });
});

describe("a checkpoint without VAE and text encoders", () => {
  /** A host on which one checkpoint has none. */
  const bare = (name: string, own: string[] = []): Host => ({
    ...hostWith({ forge_additional_modules: own }),
    needsModules: async (checkpoint) => checkpoint === name,
  });
  const refiner = { checkpoint_name: PLAIN, switch_at: 0.5 };
  const hires = { checkpoint_name: PLAIN };

  it.each([
    ["modules", bare(PONY), {}],
    ["modules", bare(PONY, ["ae.safetensors"]), { modules: [] }],
    ["modules", bare(PLAIN), { refiner }],
    ["modules", bare(PLAIN), { hires }],
    ["hires.modules", bare(PLAIN, ["ae.safetensors"]), { hires: { ...hires, modules: [] } }],
  ])("fails by %s where none are named for it (%#)", async (field, host, more) => {
    const found = await run(more, host);
    expect(found).toMatchObject({
      ok: false,
      failure: { kind: "user", reason: "modules_missing", field },
    });
  });

  it.each([
    ["the job names some", bare(PONY), { modules: ["ae"] }],
    ["the host has some selected", bare(PONY, ["ae.safetensors"]), {}],
    [
      "the job names some for the second pass",
      bare(PLAIN),
      { hires: { ...hires, modules: ["ae"] } },
    ],
    ["it is another one that runs", bare(PLAIN), {}],
    ["nobody can tell what is in the file", { ...LAB_HOST, needsModules: async () => null }, {}],
  ])("is fine where %s", async (_, host, more) => {
    expect(await run(more, host)).toMatchObject({ ok: true });
  });
});

describe("a size that Forge would round", () => {
  const warningsOf = async (hires: Record<string, unknown>) => {
    const ready = await run({ width: 512, height: 768, hires });
    return ready.ok ? ready.prepared.warnings : ready.failure;
  };

  it("is told with both sizes, and the job runs", async () => {
    expect(await warningsOf({ scale: 1.3 })).toEqual([
      {
        code: "size_rounded",
        field: "hires",
        message: "Hires fix makes 664x992 instead of 665x998: sides are multiples of 8.",
      },
    ]);
    expect(await warningsOf({ width: 1000 })).toMatchObject([
      { message: expect.stringContaining("1000x1496 instead of 1000x1500") },
    ]);
  });

  it.each([[{ scale: 1.5 }], [{ width: 1000, height: 1000 }], [{}]])(
    "is not told where %j makes what it says",
    async (hires) => {
      expect(await warningsOf(hires)).toEqual([]);
    },
  );
});
