import { describe, expect, it } from "vitest";
import { uploadRef } from "../request/lab-host.ts";
import {
  BIGGER,
  type Body,
  type Case,
  CONTROL,
  controlNet,
  HASHED,
  HIRES,
  HIRES_MODEL,
  LORA,
  lossOf,
  MAPS,
  MODULES,
  REFINER,
  sent,
  unit,
} from "./answer-cases.ts";
import { answerOf, askedOf, infotextOf, readBody, redCube } from "./made-answers.ts";

describe("what an answer proves lost", () => {
  it.each<[loss: string, one: Case, message: string, found: Body]>([
    [
      "the selected checkpoint's name, dropped from the overrides",
      { ...sent({ sd_model_checkpoint: "x.ckpt" }), made: { overrides: {} } },
      'Forge does not know this job\'s model, and used "plain_sd15" instead.',
      { kind: "infra", reason: "wrong_model", field: "checkpoint_name" },
    ],
    [
      "a setting, dropped from the overrides",
      { ...sent({ randn_source: "CPU" }), made: { overrides: {} } },
      'Forge did not take the setting "randn_source" over from this job.',
      { field: "settings.randn_source" },
    ],
    [
      "a setting's value",
      { ...sent({ randn_source: "CPU" }), made: { overrides: { randn_source: "GPU" } } },
      'Forge did not take the setting "randn_source" over from this job.',
      { field: "settings.randn_source" },
    ],
    [
      "the sampler",
      { made: { info: { sampler_name: "DPM++ 2M" } } },
      'Forge used the sampler "DPM++ 2M" instead of "Euler".',
      { field: "sampler_name" },
    ],
    [
      "the scheduler",
      { params: { scheduler: "karras" }, keys: { "Schedule type": "Automatic" } },
      'Forge used the scheduler "Automatic" instead of "karras".',
      { field: "scheduler" },
    ],
    [
      "the number of steps",
      { made: { info: { steps: 4 } } },
      "Forge took 4 steps instead of 1.",
      { field: "steps" },
    ],
    [
      "the CFG scale",
      { made: { info: { cfg_scale: 1 } } },
      "Forge used the CFG scale 1 instead of 7.",
      { field: "cfg_scale" },
    ],
    [
      "the seed",
      { made: { info: { all_seeds: [2] } } },
      "Forge used the seed 2 instead of 1.",
      { field: "seed" },
    ],
    [
      "the variation seed",
      { params: { subseed: 3, subseed_strength: 0.5 }, made: { info: { all_subseeds: [9] } } },
      "Forge used the variation seed 9 instead of 3.",
      { field: "subseed" },
    ],
    [
      "the clip skip",
      {
        ...sent({ CLIP_stop_at_last_layers: 2 }),
        params: { clip_skip: 2 },
        made: { overrides: { CLIP_stop_at_last_layers: 2 }, info: { clip_skip: 1 } },
      },
      "Forge used the clip skip 1 instead of 2.",
      { field: "clip_skip" },
    ],
    [
      "the hires fix",
      { ...HIRES, keys: {}, made: { size: { width: 64, height: 64 } } },
      "Forge left out the hires fix.",
      { field: "hires" },
    ],
    [
      "the upscaler of a hires fix",
      { ...HIRES, keys: { ...HIRES.keys, "Hires upscaler": "Latent" } },
      'Forge used the upscaler "Latent" instead of "Lanczos".',
      { field: "hires.upscaler" },
    ],
    [
      "the factor of a hires fix",
      { ...HIRES, keys: { ...HIRES.keys, "Hires upscale": "1.5" } },
      "Forge's hires fix used the size or factor 1.5 instead of 2.",
      { field: "hires" },
    ],
    [
      "the size of a hires fix",
      { ...BIGGER, keys: { ...BIGGER.keys, "Hires resize": "128x128" } },
      "Forge's hires fix used the size or factor 128x128 instead of 128x96.",
      { field: "hires" },
    ],
    [
      "the model of a hires fix",
      { ...HIRES_MODEL, keys: HIRES.keys ?? {} },
      'Forge\'s hires fix used the model "plain_sd15" instead of "Pony/pony.safetensors".',
      { field: "hires.checkpoint_name" },
    ],
    [
      "the refiner",
      { ...REFINER, keys: {} },
      "Forge never switched to the refiner.",
      { field: "refiner" },
    ],
    [
      "the refiner's model",
      { ...REFINER, keys: { ...REFINER.keys, Refiner: "other" } },
      'Forge used the refiner "other" instead of "pony".',
      { field: "refiner.checkpoint_name" },
    ],
    [
      "when the refiner takes over",
      { ...REFINER, keys: { ...REFINER.keys, "Refiner switch at": "0.5" } },
      "Forge switched to the refiner at 0.5 instead of 0.8.",
      { field: "refiner.switch_at" },
    ],
    [
      "a module",
      { ...MODULES, keys: { "Module 1": "ae" } },
      "Forge used other VAE and text encoders than this job's: ae instead of ae, clip.l.",
      { field: "modules" },
    ],
    [
      "all modules",
      { ...MODULES, keys: {} },
      "Forge used other VAE and text encoders than this job's: none instead of ae, clip.l.",
      { field: "modules" },
    ],
    [
      "that no module was wanted",
      {
        ...sent({ forge_additional_modules: [] }),
        made: { overrides: { forge_additional_modules: [] } },
        keys: { "Module 1": "ae" },
      },
      "Forge used other VAE and text encoders than this job's: ae instead of none.",
      { field: "modules" },
    ],
    [
      "one of two LoRAs",
      { ...LORA, keys: { "Lora hashes": "one: 5e56a7df5f41" } },
      'Forge did not use the LoRA "two".',
      { field: "positive_prompt" },
    ],
    [
      "a LoRA of the hires prompt",
      {
        ...LORA,
        ...HIRES,
        params: { ...HIRES.params, hires: { scale: 2, upscaler: "Lanczos", prompt: "<lora:x:1>" } },
        keys: { ...HIRES.keys, "Lora hashes": "one: 5e56a7df5f41" },
        made: HASHED,
      },
      'Forge did not use the LoRA "x".',
      { field: "hires.prompt" },
    ],
    [
      "ControlNet altogether",
      { ...CONTROL, keys: {}, made: {} },
      "ControlNet did not run: the server may have lost the extension.",
      { field: "alwayson_scripts" },
    ],
    [
      "a unit of ControlNet",
      { ...CONTROL, keys: { "ControlNet 0": "Module: canny" } },
      "ControlNet did not run: the server may have lost the extension.",
      { field: "alwayson_scripts" },
    ],
    [
      "the map of a unit of ControlNet, which failed before it",
      { ...CONTROL, made: { mapCount: 1 } },
      "ControlNet could prepare 1 of 2 pictures, and worked without the rest.",
      { kind: "infra", field: "alwayson_scripts" },
    ],
    [
      "the second pass's map of a unit of ControlNet",
      { ...HIRES, ...MAPS.hires(unit({ module: "canny" })), made: { mapCount: 1 } },
      "ControlNet could prepare 1 of 2 pictures, and worked without the rest.",
      { kind: "infra", field: "alwayson_scripts" },
    ],
    [
      "the one map of a unit for the second pass alone",
      {
        ...HIRES,
        ...MAPS.hires(unit({ module: "canny", hr_option: "High res only" })),
      },
      "ControlNet could prepare 0 of 1 pictures, and worked without the rest.",
      { kind: "infra", field: "alwayson_scripts" },
    ],
    [
      "a unit of ControlNet behind one that hands out its mask too",
      {
        ...CONTROL,
        params: controlNet(unit({ mask_image: uploadRef(2) }), unit()),
        made: { mapCount: 2 },
      },
      "ControlNet could prepare 2 of 3 pictures, and worked without the rest.",
      { kind: "infra", field: "alwayson_scripts" },
    ],
  ])("%s", async (_loss, one, message, found) => {
    const expected = { kind: "user", reason: "not_as_asked", ...found };
    expect(await lossOf(one)).toEqual({ ...expected, message });
  });

  it("is looked for in every result, not in the first alone", async () => {
    const params = redCube({ n_iter: 2, scheduler: "Karras" });
    const other = infotextOf(params, { Seed: 2, "Schedule type": "Automatic" });
    const body = await answerOf(params, { texts: [infotextOf(params), other] });
    expect(await readBody(body, askedOf(params))).toMatchObject({
      failure: { field: "scheduler" },
    });
  });
});
