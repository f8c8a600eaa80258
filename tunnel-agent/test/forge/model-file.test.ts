import { mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lacksModules } from "../../src/forge/model-file.ts";

const UNET = "model.diffusion_model.input_blocks.0.0.weight";
const VAE = "first_stage_model.decoder.conv_in.weight";
const CLIP = "cond_stage_model.transformer.text_model.embeddings.position_ids";

/** A safetensors file of these tensors; nothing is read behind its header. */
function modelFile(names: readonly string[], ending = "safetensors"): string {
  const tensor = { dtype: "F16", shape: [1], data_offsets: [0, 2] };
  const json = JSON.stringify(Object.fromEntries(names.map((name) => [name, tensor])));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(json.length));
  return fileOf(Buffer.concat([head, Buffer.from(json), Buffer.alloc(2)]), ending);
}

function fileOf(bytes: Buffer, ending: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "model-")), `model.${ending}`);
  writeFileSync(path, bytes);
  return path;
}

function linkToItself(): string {
  const path = join(mkdtempSync(join(tmpdir(), "model-")), "model.safetensors");
  symlinkSync(path, path);
  return path;
}

describe("a checkpoint's file", () => {
  it("with everything in it needs nothing else", async () => {
    expect(await lacksModules(modelFile([UNET, VAE, CLIP]))).toBe(false);
    const sdxl = [UNET, VAE, "conditioner.embedders.0.transformer.x"];
    expect(await lacksModules(modelFile(sdxl))).toBe(false);
  });

  it.each([
    ["neither VAE nor text encoders", [UNET]],
    ["no VAE", [UNET, CLIP]],
    ["no text encoders", [UNET, VAE]],
  ])("with %s is seen to need some", async (_, names) => {
    expect(await lacksModules(modelFile(names))).toBe(true);
  });

  it("of the GGUF kind holds nothing but the diffusion model", async () => {
    expect(await lacksModules("/not/here/flux-Q8_0.gguf")).toBe(true);
  });

  it.each([
    ["on another machine", () => "/not/here/model.safetensors"],
    ["with a name that no disk takes", () => `/tmp/${"x".repeat(300)}.safetensors`],
    ["that is a link to itself", linkToItself],
    ["of an old kind without a header", () => fileOf(Buffer.from("pickle"), "ckpt")],
    ["that is damaged", () => fileOf(Buffer.from("not a model at all"), "safetensors")],
    ["that is empty", () => fileOf(Buffer.alloc(0), "safetensors")],
    ["whose header is no JSON", () => fileOf(Buffer.from("\x04\0\0\0\0\0\0\0{no}"), "safetensors")],
  ])("%s is left to Forge's own word", async (_, path) => {
    expect(await lacksModules(path())).toBe(null);
  });
});
