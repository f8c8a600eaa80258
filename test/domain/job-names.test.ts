import { GenerationParams, ResolvedParams } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { catalogueNames } from "../../src/domain/catalogue.ts";
import {
  checkpointOf,
  type Known,
  keysOf,
  matchName,
  namesOf,
  respell,
  scheduleWords,
} from "../../src/domain/job-names.ts";
import type { CatalogueName, NameKind } from "../../src/domain/names.ts";
import { EXAMPLE_CATALOGUE } from "../support/example-catalogue.ts";
import { exampleParams } from "../support/example-job.ts";

const upload = { upload_id: `upl_${"a".repeat(22)}` };

/** A job that names something of every kind. */
const EVERYTHING = {
  ...exampleParams(),
  positive_prompt: "a <lora:one:1> <lora:two:1>",
  checkpoint_name: "main",
  sampler_name: "Euler",
  scheduler: "Karras",
  styles: ["style a", "style b"],
  modules: ["vae"],
  refiner: { checkpoint_name: "refined", switch_at: 0.8 },
  hires: {
    upscaler: "R-ESRGAN 4x+",
    checkpoint_name: "second",
    modules: ["ae", "clip_l"],
    sampler_name: "LCM",
    scheduler: "SGM Uniform",
    prompt: "<lora:three:1>",
    negative_prompt: "<lora:never:1>",
  },
  script: { name: "Prompt Matrix", args: [] },
  alwayson_scripts: {
    "FreeU Integrated": { args: [] },
    ControlNet: {
      args: [
        { enabled: false, model: "gone", module: "gone", image: upload },
        { model: "canny model", module: "canny", image: upload },
      ],
    },
  },
};

const shown = (changes: object = {}) =>
  namesOf(GenerationParams.parse({ ...EVERYTHING, ...changes })).map(
    ({ kinds, field, given }) => `${kinds.join("|")} ${given} @ ${field}`,
  );

describe("the names of a job", () => {
  it("are all looked up, each in its own list and with its field; those of a unit that is off are not", () => {
    const controlNet = "alwayson_scripts.ControlNet";
    expect(shown()).toEqual([
      "sampler Euler @ sampler_name",
      "style style a @ styles",
      "style style b @ styles",
      "lora one @ positive_prompt",
      "lora two @ positive_prompt",
      "checkpoint refined @ refiner.checkpoint_name",
      "txt2img_script prompt matrix @ script.name",
      "txt2img_alwayson freeu integrated @ alwayson_scripts.FreeU Integrated",
      `txt2img_alwayson controlnet @ ${controlNet}`,
      `controlnet_model canny model @ ${controlNet}.args.1.model`,
      `controlnet_module canny @ ${controlNet}.args.1.module`,
      "module vae @ modules",
      "latent_upscale_mode|upscaler R-ESRGAN 4x+ @ hires.upscaler",
      "checkpoint second @ hires.checkpoint_name",
      "sampler LCM @ hires.sampler_name",
      "scheduler SGM Uniform @ hires.scheduler",
      "module ae @ hires.modules",
      "module clip_l @ hires.modules",
      "lora three @ hires.prompt",
    ]);
    const params = GenerationParams.parse(EVERYTHING);
    expect(checkpointOf(params)).toEqual({
      field: "checkpoint_name",
      kinds: ["checkpoint"],
      given: "main",
    });
    expect(scheduleWords(params)).toEqual([
      { field: "scheduler", kinds: ["scheduler"], given: "Karras" },
      { field: "scheduler_or_quality_preset", kinds: ["scheduler"], given: "Karras" },
    ]);
  });

  it("are few in a plain job", () => {
    const plain = GenerationParams.parse({ positive_prompt: "x", checkpoint_name: "m" });
    expect(namesOf(plain)).toEqual([
      { field: "sampler_name", kinds: ["sampler"], given: "Euler a" },
    ]);
    expect(scheduleWords(plain)).toEqual([]);
  });

  it("are those of the page of img2img where there is an input picture", () => {
    const names = shown({ hires: undefined, img2img: { init_image: upload } });
    expect(names.filter((name) => name.includes("img2img"))).toEqual([
      "img2img_script prompt matrix @ script.name",
      "img2img_alwayson freeu integrated @ alwayson_scripts.FreeU Integrated",
      "img2img_alwayson controlnet @ alwayson_scripts.ControlNet",
    ]);
  });
});

function knownFrom(names: readonly CatalogueName[]): Known {
  return (wanted) => {
    const keys = keysOf(wanted);
    return names.filter((one) =>
      keys.some(({ kind, key }) => one.kind === kind && one.key === key),
    );
  };
}

const KNOWN = knownFrom(catalogueNames(EXAMPLE_CATALOGUE));
const match = (kind: NameKind, given: string, known: Known = KNOWN) =>
  matchName({ kinds: [kind], given }, known);

describe("a written name", () => {
  it.each<[NameKind, string, string]>([
    ["sampler", "Euler a", "Euler a"],
    ["scheduler", "SGM Uniform", "sgm_uniform"],
    ["scheduler", "sgm_uniform", "sgm_uniform"],
    ["module", "ae", "ae.safetensors"],
    ["module", "ae.safetensors", "ae.safetensors"],
    ["lora", "lab lora", "lab_lora"],
    ["checkpoint", "plain_sd15", "plain_sd15.safetensors"],
    ["txt2img_script", "prompt matrix", "prompt matrix"],
    ["img2img_alwayson", "controlnet", "controlnet"],
  ])("of a %s, %s, means the server's %s", (kind, given, name) => {
    expect(match(kind, given)).toEqual({ type: "found", name });
  });

  it.each<[NameKind, string]>([
    ["sampler", "euler a"],
    ["module", "AE"],
    ["module", "models/ae.safetensors"],
    ["style", "Euler a"],
    ["txt2img_script", "controlnet"],
    ["txt2img_alwayson", "prompt matrix"],
    ["img2img_script", "prompt matrix"],
  ])("of a %s that is not on that very list, %s, means nothing", (kind, given) => {
    expect(match(kind, given)).toEqual({ type: "unknown" });
  });

  it("is in one of two lists where both will do", () => {
    const upscaler = (given: string) =>
      matchName({ kinds: ["latent_upscale_mode", "upscaler"], given }, KNOWN).type;
    expect(upscaler("Latent (nearest)")).toBe("found");
    expect(upscaler("R-ESRGAN 4x+")).toBe("found");
    expect(upscaler("4x-UltraSharp")).toBe("unknown");
  });

  it("that several share means none of them, unless it is written exactly as one", () => {
    const module = (name: string) =>
      ["ae", name].map((key) => ({ kind: "module" as const, name, key, hash: null }));
    const lora = (name: string, key: string) => ({ kind: "lora", name, key, hash: null }) as const;
    const known = knownFrom([
      ...["ae.safetensors", "ae.gguf"].flatMap(module),
      ...[lora("a", "a"), lora("a", "shared"), lora("b", "b"), lora("b", "shared")],
      ...[lora("c", "c"), lora("d", "d"), lora("d", "c")],
    ]);
    const choices = ["ae.safetensors", "ae.gguf"];
    expect(match("module", "ae", known)).toEqual({ type: "ambiguous", choices });
    expect(match("module", "ae.gguf", known)).toEqual({ type: "found", name: "ae.gguf" });
    expect(match("lora", "shared", known)).toEqual({ type: "ambiguous", choices: ["a", "b"] });
    expect(match("lora", "c", known)).toEqual({ type: "found", name: "c" });
  });
});

it("looks a name up under few keys: a checkpoint under each that its file may have", () => {
  expect(keysOf({ kinds: ["upscaler", "style"], given: "a_b" })).toEqual([
    { kind: "upscaler", key: "a_b" },
    { kind: "style", key: "a_b" },
  ]);
  const long = keysOf({ kinds: ["checkpoint"], given: "_".repeat(500) });
  expect(long.length).toBeLessThanOrEqual(16);
});

it("spells modules and the scheduler of the second pass as Forge does, and leaves the rest as written", () => {
  const params = ResolvedParams.parse({
    ...exampleParams(),
    scheduler: "karras",
    checkpoint_name: "plain_sd15",
    modules: ["ae", "clip_l.safetensors"],
    refiner: { checkpoint_name: "plain_sd15", switch_at: 0.5 },
    hires: { modules: ["lab_vae"], scheduler: "SGM Uniform", checkpoint_name: "plain_sd15" },
  });
  expect(respell(params, KNOWN)).toEqual({
    ...params,
    modules: ["ae.safetensors", "clip_l.safetensors"],
    hires: { ...params.hires, modules: ["lab_vae.safetensors"], scheduler: "sgm_uniform" },
  });
  const bare = ResolvedParams.parse({ ...exampleParams(), scheduler: "karras", modules: [] });
  expect(respell(bare, KNOWN)).toEqual(bare);
});
