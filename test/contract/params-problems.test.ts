import { findProblems, GenerationParams, LIMITS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { exampleParams } from "../support/example-job.ts";

const upload = (n = 0) => ({ upload_id: `upl_${String(n).padStart(22, "0")}` });
const problems = (changes: object) =>
  findProblems(GenerationParams.parse({ ...exampleParams(), ...changes }));
const fields = (changes: object) => problems(changes).map((problem) => problem.field);

it("are none in a job that asks for everything at once", () => {
  expect(
    problems({
      positive_prompt: "a <lora:x:1>",
      hires: { scale: 2, prompt: "<lora:y:1>" },
      refiner: { checkpoint_name: "r", switch_at: 0.8 },
      script: { name: "prompt matrix", args: [] },
      alwayson_scripts: { ControlNet: { args: [{ model: "m", image: upload() }] } },
      batch_size: 16,
      n_iter: 16,
    }),
  ).toEqual([]);
});

describe("a hires fix", () => {
  it("belongs to txt2img", () => {
    expect(fields({ hires: {}, img2img: { init_image: upload() } })).toEqual(["hires"]);
  });

  it.each([
    ["too large", { width: 4096, height: 512 }, { scale: 1.1 }, LIMITS.sidePixelsMax],
    ["too large by its shape", { width: 512, height: 768 }, { width: 4096 }, LIMITS.sidePixelsMax],
    ["too flat to be one", { width: 4096, height: 64 }, { width: 64 }, LIMITS.sidePixelsMin],
  ])("does not make a picture that is %s", (_, size, hires, limit) => {
    expect(problems({ ...size, hires })).toEqual([
      { field: "hires", message: expect.stringMatching(/^makes a picture of \d+x\d+$/), limit },
    ]);
  });

  it.each([
    ["checkpoint_name", "Use same checkpoint"],
    ["sampler_name", "Use same sampler"],
    ["scheduler", "Use same scheduler"],
  ])(
    "has the first pass's %s where it is left out, and not by the page's words for that",
    (name, words) => {
      expect(problems({ hires: { [name]: words } })).toEqual([
        { field: `hires.${name}`, message: expect.stringContaining(words) },
      ]);
    },
  );

  it("makes the largest and the smallest picture that a job may have", () => {
    expect(problems({ width: 2048, height: 2048, hires: { scale: 2 } })).toEqual([]);
    expect(problems({ width: 512, height: 512, hires: { width: 64 } })).toEqual([]);
  });
});

describe("a LoRA", () => {
  const tags = (count: number) =>
    Array.from({ length: count }, (_, n) => `<lora:l${n}:1>`).join(" ");

  it("is one of a bounded number in a prompt", () => {
    const limit = LIMITS.lorasMax;
    expect(problems({ positive_prompt: tags(limit) })).toEqual([]);
    expect(problems({ positive_prompt: tags(limit + 1) })).toMatchObject([
      { field: "positive_prompt", limit },
    ]);
    expect(problems({ hires: { prompt: tags(limit + 1) } })).toMatchObject([
      { field: "hires.prompt", limit },
    ]);
  });

  it("is called in the way that Forge knows", () => {
    expect(fields({ positive_prompt: "<LoRA:x:1>" })).toEqual(["positive_prompt"]);
    expect(fields({ hires: { prompt: "<LORA:x:1>" } })).toEqual(["hires.prompt"]);
  });
});

it("leave a refiner out that would never be switched to", () => {
  const refiner = (switch_at: number) => ({ refiner: { checkpoint_name: "r", switch_at } });
  expect(fields(refiner(1))).toEqual(["refiner.switch_at"]);
  expect(fields(refiner(0.99))).toEqual([]);
  expect(fields(refiner(0))).toEqual([]);
});

describe("a ControlNet unit", () => {
  const units = (args: object[], more: object = {}) =>
    problems({ alwayson_scripts: { ControlNet: { args } }, ...more });
  const image = upload();
  const at = (n: number, field: string) => `alwayson_scripts.ControlNet.args.${n}.${field}`;

  it.each(["reference_only", "reference_adain", "CLIP-G (Revision)"])(
    "works without a model with the preprocessor %s",
    (module) => {
      expect(units([{ module, image }])).toEqual([]);
    },
  );

  it.each(["None", "canny", "CLIP-ViT-H (IPAdapter)", "my reference_only"])(
    "does nothing without a model with the preprocessor %s",
    (module) => {
      expect(units([{ module, image }])).toMatchObject([{ field: at(0, "model") }]);
      expect(units([{ module, image, model: "m" }])).toEqual([]);
    },
  );

  it("has a picture, or takes the input picture", () => {
    expect(units([{ model: "m" }])).toMatchObject([{ field: at(0, "image") }]);
    expect(units([{ model: "m" }], { img2img: { init_image: image } })).toEqual([]);
  });

  it("begins before it ends", () => {
    const span = (guidance_start: number, guidance_end: number) =>
      units([{ model: "m", image, guidance_start, guidance_end }]);
    expect(span(0.5, 0.4)).toMatchObject([{ field: at(0, "guidance_start") }]);
    expect(span(0.5, 0.5)).toEqual([]);
  });

  it("that is switched off may be anything, and does not shift the others' numbers", () => {
    const off = { enabled: false, guidance_start: 1, guidance_end: 0 };
    expect(units([off])).toEqual([]);
    expect(units([off, { model: "m" }])).toMatchObject([{ field: at(1, "image") }]);
  });
});

describe("a script", () => {
  it.each(["X/Y/Z plot", "x/y/z plot"])(
    "that is %s is never queued, and it is said why",
    (name) => {
      expect(problems({ script: { name, args: [] } })).toEqual([
        {
          field: "script.name",
          message:
            "no server lets the queue run X/Y/Z plot; queue its pictures as jobs of their own",
        },
      ]);
    },
  );

  it.each(["Prompts from file or textbox", "prompts from file or textbox"])(
    "that is %s is never queued, and it is said why",
    (name) => {
      expect(problems({ script: { name, args: [] } })).toEqual([
        {
          field: "script.name",
          message:
            "no server lets the queue run Prompts from file or textbox: its lines say where files go; queue each prompt as a job of its own",
        },
      ]);
    },
  );

  it.each(["Refiner", "sampler", "SEED"])("that is %s is for Forge's page alone", (title) => {
    expect(problems({ alwayson_scripts: { [title]: { args: [] } } })).toEqual([
      {
        field: `alwayson_scripts.${title}`,
        message: "does nothing in a job; use the fields of generation_params",
      },
    ]);
  });
});

describe("a tag of a prompt", () => {
  it.each([
    ["positive_prompt", { positive_prompt: "a <hypernet:x:1>" }],
    ["positive_prompt", { positive_prompt: "a <wildcard:x>" }],
    ["hires.prompt", { hires: { prompt: "a <wildcard:x>" } }],
    ["negative_prompt", { negative_prompt: "a <lora:x:1>" }],
    ["hires.negative_prompt", { hires: { negative_prompt: "a <LoRA:x:1>" } }],
  ])("that Forge does not read as it was meant is told by its field %s: %j", (field, changes) => {
    expect(fields(changes)).toEqual([field]);
  });

  it.each([
    { positive_prompt: "a <lora:x:0@0.2,1@0.8>" },
    { positive_prompt: "a <lora:x:{0.5|0.8}>" },
    { hires: { prompt: "a <wildcard:x>" } },
  ])("is left to an always-on script of an extension, which may rewrite it: %j", (changes) => {
    const withScript = (title: string) => ({
      ...changes,
      alwayson_scripts: { [title]: { args: [] } },
    });
    expect(problems(withScript("Dynamic Prompts v2.17.1"))).toEqual([]);
    expect(problems(withScript("FreeU Integrated (SD 1.x, SD 2.x, SDXL)"))).toHaveLength(1);
    expect(problems(changes)).toHaveLength(1);
  });
});

describe("a job", () => {
  it("has a bounded number of pictures, unless a script decides how many", () => {
    expect(fields({ batch_size: 16, n_iter: 4 })).toEqual([]);
    expect(problems({ batch_size: 16, n_iter: 5 })).toMatchObject([
      { field: "n_iter", limit: LIMITS.imagesPerJobMax },
    ]);
    expect(fields({ batch_size: 16, n_iter: 5, script: { name: "x", args: [] } })).toEqual([]);
  });

  it("names a bounded number of input pictures, and the first place too many is told", () => {
    const images = (count: number) => Array.from({ length: count }, (_, n) => upload(n));
    const job = (count: number) => ({
      img2img: { init_image: upload(99) },
      script: { name: "x", args: images(count) },
    });
    expect(fields(job(LIMITS.uploadsPerJobMax - 1))).toEqual([]);
    expect(problems(job(LIMITS.uploadsPerJobMax))).toMatchObject([
      { field: "script", limit: LIMITS.uploadsPerJobMax },
    ]);
  });
});

it("a job whose parameters would fill a list's answer is refused, with the longest of them named", () => {
  const args = Array.from({ length: 300 }, () => "x".repeat(700));
  const long = { alwayson_scripts: { "Regional Prompter": { args } } };
  expect(problems(long)).toEqual([
    {
      field: "alwayson_scripts",
      message: expect.stringContaining("too long together"),
      limit: LIMITS.paramsCharsMax,
    },
  ]);
  const fitting = { alwayson_scripts: { "Regional Prompter": { args: args.slice(50) } } };
  expect(problems(fitting)).toEqual([]);
});
