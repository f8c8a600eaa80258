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
  LORAS,
  lossOf,
  MAPS,
  MODULES,
  REFINER,
  sent,
  unit,
  warningsOf,
} from "./answer-cases.ts";

const IP_ADAPTER = "CLIP-ViT-H (IPAdapter)";

describe("what is as it was asked for", () => {
  it.each<[what: string, one: Case]>([
    ["a hires fix by factor", HIRES],
    ["a hires fix by size", BIGGER],
    ["a hires fix with a model of its own", HIRES_MODEL],
    [
      "a hires fix with a model named by its hash",
      { ...HIRES_MODEL, sent: { ...HIRES.sent, hr_checkpoint_name: "0123456789" } },
    ],
    ["a refiner", REFINER],
    ["modules in any order", MODULES],
    ["LoRAs with letters that an infotext drops", LORAS],
    ["ControlNet with a unit switched off between", CONTROL],
    ["one control map more, of a mask", { ...CONTROL, made: { mapCount: 3 } }],
    [
      "any seed, where none was asked for",
      { params: { seed: -1 }, made: { info: { all_seeds: [77] } } },
    ],
    [
      "any variation seed at strength 0",
      { params: { subseed: 3 }, made: { info: { all_subseeds: [9] } } },
    ],
    ["a sampler's own scheduler for Automatic", { keys: { "Schedule type": "Karras" } }],
    [
      "a WebUI that tells no scheduler",
      { params: { scheduler: "Karras" }, keys: { "Schedule type": undefined } },
    ],
    [
      "overrides that come back as they were sent",
      {
        ...sent({ randn_source: "CPU", forge_additional_modules: [], eta_noise_seed_delta: -0 }),
        made: {
          overrides: { randn_source: "CPU", forge_additional_modules: [], eta_noise_seed_delta: 0 },
        },
      },
    ],
    [
      "a part repainted without the picture around it, in the job's own size",
      {
        params: {
          img2img: { init_image: uploadRef(1), mask: uploadRef(2), inpaint_full_res: true },
        },
        ...sent({ overlay_inpaint: false }),
        made: { overrides: { overlay_inpaint: false }, size: { width: 64, height: 64 } },
        asked: { inputSize: { width: 800, height: 600 } },
      },
    ],
    [
      "only the masked part repainted, in the input's size",
      {
        params: {
          img2img: { init_image: uploadRef(1), mask: uploadRef(2), inpaint_full_res: true },
        },
        made: { size: { width: 80, height: 72 } },
        asked: { inputSize: { width: 80, height: 72 } },
      },
    ],
  ])("%s is a result", async (_what, one) => {
    expect(await lossOf(one)).toBeNull();
    expect(await warningsOf(one)).toEqual([]);
  });
});

describe("where the answer proves nothing, nothing is called lost:", () => {
  it.each<[what: string, one: Case]>([
    ["LoRAs on a Forge that hashes nothing", { ...LORA, keys: {}, made: {} }],
    [
      "LoRAs of which only some carry a hash in their file",
      { ...LORA, keys: { "Lora hashes": "one: 1" }, made: {} },
    ],
    [
      "a LoRA that a wildcard left out of the prompt",
      {
        ...LORA,
        keys: { "Lora hashes": "one: 1" },
        made: { info: { ...HASHED.info, all_prompts: ["a <lora:one:1>"] } },
      },
    ],
    [
      "a refiner that takes over behind the last step",
      {
        ...REFINER,
        params: { steps: 4, refiner: { checkpoint_name: "pony", switch_at: 0.8 } },
        keys: {},
      },
    ],
    [
      "a refiner that is the model itself",
      {
        ...REFINER,
        asked: { checkpoint: { basename: "pony", hash: null } },
        made: { info: { sd_model_name: "pony" } },
        keys: {},
      },
    ],
    [
      "a refiner in img2img of few steps",
      {
        ...REFINER,
        params: {
          ...REFINER.params,
          steps: 20,
          img2img: { init_image: uploadRef(1), denoising_strength: 0.1 },
        },
        keys: {},
      },
    ],
    [
      "control maps that nobody asked for",
      { ...CONTROL, params: controlNet(unit({ save_detected_map: false })), made: {} },
    ],
    [
      "control maps of the second pass alone, which preprocessors without a picture do not have",
      { ...HIRES, ...MAPS.hires(unit({ module: IP_ADAPTER, hr_option: "High res only" })) },
    ],
    [
      "control maps of a preprocessor that Forge does not bring, but for one",
      { ...HIRES, ...MAPS.hires(unit({ module: "newcomer" })), made: { mapCount: 1 } },
    ],
    [
      "a second control map of a preprocessor that makes no picture",
      { ...HIRES, ...MAPS.hires(unit({ module: IP_ADAPTER })), made: { mapCount: 1 } },
    ],
    [
      "a control map of the second pass, for a unit of the first alone",
      {
        ...HIRES,
        ...MAPS.hires(unit({ module: "canny", hr_option: "Low res only" })),
        made: { mapCount: 1 },
      },
    ],
    [
      "what a script of the page's list changes from picture to picture",
      {
        params: { script: { name: "Prompts from file or textbox", args: [] }, scheduler: "Karras" },
        ...sent({ sd_model_checkpoint: "a" }),
        keys: { "Schedule type": "Automatic" },
        made: {
          overrides: { sd_model_checkpoint: "b" },
          info: { steps: 9, sampler_name: "DDIM", sd_model_name: "b", all_seeds: [9] },
          size: { width: 96, height: 96 },
        },
      },
    ],
  ])("%s", async (_what, one) => {
    expect(await lossOf(one)).toBeNull();
  });

  it("but a script cannot make up for a model that Forge dropped", async () => {
    const params = { script: { name: "Prompt matrix", args: [] } };
    const one = { params, ...sent({ sd_model_checkpoint: "a" }), made: { overrides: {} } };
    expect(await lossOf(one)).toMatchObject({ reason: "wrong_model" });
  });
});

const ADETAILER = [true, false, { ad_model: "face_yolov8n.pt" }, { ad_model: "None" }];
const detailing = (args: unknown[], more: Body = {}) => ({
  params: { alwayson_scripts: { ADetailer: { args } }, ...more },
});

describe("ADetailer", () => {
  it.each([
    ["with both switches", ADETAILER],
    ["with one switch", [true, ADETAILER[2]]],
    ["with its units alone", [ADETAILER[2]]],
  ])("%s that left no trace is told with the pictures", async (_what, args) => {
    expect(await warningsOf(detailing(args))).toEqual([
      { code: "script_silent", field: "alwayson_scripts", message: expect.stringMatching(/^ADet/) },
    ]);
  });

  it.each<[what: string, one: Case]>([
    ["left its trace", { ...detailing(ADETAILER), keys: { "ADetailer model": "face_yolov8n.pt" } }],
    ["is switched off", detailing([false, ...ADETAILER.slice(1)])],
    ["has no model", detailing([true, false, { ad_model: "None" }])],
    [
      "is skipped in img2img",
      detailing([true, true, ADETAILER[2]], { img2img: { init_image: uploadRef(1) } }),
    ],
  ])("that %s is no matter", async (_what, one) => {
    expect(await warningsOf(one)).toEqual([]);
  });
});

describe("a refiner that never took part, and rightly so", () => {
  it("is told with the pictures", async () => {
    const refiner = { checkpoint_name: "pony", switch_at: 0.8 };
    const late = { ...REFINER, params: { steps: 4, refiner }, keys: {} };
    expect(await warningsOf(late)).toEqual([
      { code: "refiner_unused", field: "refiner", message: expect.stringMatching(/took no part/) },
    ]);
  });

  it("that did is no matter", async () => {
    expect(await warningsOf(REFINER)).toEqual([]);
  });
});

describe("LoRAs of which Forge says nothing although it hashes", () => {
  const unproven = (field: string) => [
    { code: "lora_unproven", field, message: expect.stringMatching(/^Whether the LoRA/) },
  ];

  it("are told with the pictures, those of a style too", async () => {
    expect(await warningsOf({ ...LORA, keys: {} })).toEqual(unproven("positive_prompt"));
    const styled = { info: { ...HASHED.info, all_prompts: ["a cube, <lora:ink:1>"] } };
    expect(await warningsOf({ made: styled })).toEqual(unproven("positive_prompt"));
  });

  it("are told of the prompt of hires fix", async () => {
    const hires = {
      ...HIRES.params,
      hires: { scale: 2, upscaler: "Lanczos", prompt: "<lora:x:1>" },
    };
    const one = { ...HIRES, params: hires, made: HASHED };
    expect(await warningsOf(one)).toEqual(unproven("hires.prompt"));
  });

  it("are no matter where Forge hashes nothing, names them, or a script took them out", async () => {
    expect(await warningsOf({ ...LORA, keys: {}, made: {} })).toEqual([]);
    expect(await warningsOf(LORA)).toEqual([]);
    const without = { info: { ...HASHED.info, all_prompts: ["a cube"] } };
    expect(await warningsOf({ ...LORA, keys: {}, made: without })).toEqual([]);
  });
});

const KOHYA = "Kohya HRFix Integrated";
const withKohya = (args: unknown[]) => ({ params: { alwayson_scripts: { [KOHYA]: { args } } } });

describe("a script of Forge itself", () => {
  it("that was switched on and left no trace is told by its name", async () => {
    expect(await warningsOf(withKohya([true, "x"]))).toEqual([
      {
        code: "script_silent",
        field: `alwayson_scripts.${KOHYA}`,
        message: expect.stringMatching(/^Kohya HRFix Integrated was switched on, but/),
      },
    ]);
  });

  it.each<[what: string, one: Case]>([
    ["left its trace", { ...withKohya([true, 3]), keys: { kohya_hrfix_enabled: "True" } }],
    ["is switched off", withKohya([false, 3])],
    ["is of a kind that leaves none", { params: { alwayson_scripts: { Mine: { args: [true] } } } }],
  ])("that %s is no matter", async (_what, one) => {
    expect(await warningsOf(one)).toEqual([]);
  });
});
