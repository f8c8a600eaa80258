import { describe, expect, it } from "vitest";
import { arrangeArgs, hostScriptsOf } from "../../../src/job/before/script-args.ts";
import { Picture } from "../../../src/picture.ts";
import { LAB_CATALOGUE, paramsOf, uploadRef } from "../request/lab-host.ts";

const HOST = ["Enabled", "Scale", "Blur", "Mode"];
const ALWAYS_ON = false;
const SELECTABLE = true;

describe("the arguments of a script", () => {
  it.each([
    ["the labels are the host's", HOST, ALWAYS_ON],
    ["the labels are the host's, of a script that was chosen", HOST, SELECTABLE],
    [
      "they are the host's first ones, and Forge fills in the rest",
      ["Enabled", "Scale"],
      ALWAYS_ON,
    ],
    ["there are none", [], ALWAYS_ON],
  ])("go as they are where %s", (_, labels, isWholeNeeded) => {
    const given = labels.map((label) => `value of ${label}`);
    expect(arrangeArgs(given, labels, HOST, isWholeNeeded)).toEqual({ ok: true, args: given });
  });

  it.each([ALWAYS_ON, SELECTABLE])("follow their labels to new places", (isWholeNeeded) => {
    const arranged = arrangeArgs(
      [1, 2, 3, 4],
      ["Mode", "Enabled", "Blur", "Scale"],
      HOST,
      isWholeNeeded,
    );
    expect(arranged).toEqual({ ok: true, args: [2, 4, 3, 1] });
  });

  it.each([
    [
      "another label",
      ["Enabled", "Strength", "Blur", "Mode"],
      ALWAYS_ON,
      'has "Scale" as its argument 2, where the job has "Strength"',
    ],
    [
      "one in the middle that the host lacks",
      ["Enabled", "New", "Scale", "Blur", "Mode"],
      ALWAYS_ON,
      'has "Scale" as its argument 2, where the job has "New"',
    ],
    ["one more than the host", [...HOST, "New"], ALWAYS_ON, 'has no argument 5, which was "New"'],
    [
      "fewer than a chosen script needs",
      ["Enabled", "Scale"],
      SELECTABLE,
      'has one more argument, "Blur"',
    ],
    [
      "some of them in another order",
      ["Scale", "Enabled"],
      ALWAYS_ON,
      'has "Enabled" as its argument 1',
    ],
  ])(
    "stop the job, and name the first that differs, with %s",
    (_, labels, isWholeNeeded, expected) => {
      const arranged = arrangeArgs(labels, labels, HOST, isWholeNeeded);
      expect(arranged).toMatchObject({ ok: false, difference: expect.stringContaining(expected) });
    },
  );

  it("are never told apart by labels that two of them share", () => {
    const host = ["X type", "X values", "X values", "Z"];
    const asked = ["X values", "X type", "X values", "Z"];
    expect(arrangeArgs([1, 2, 3, 4], asked, host, ALWAYS_ON).ok).toBe(false);
    expect(arrangeArgs([1, 2, 3, 4], host, host, ALWAYS_ON).ok).toBe(true);
  });

  it("are never moved where one has no label", () => {
    expect(arrangeArgs([1, 2], ["a", ""], ["", "a"], ALWAYS_ON).ok).toBe(false);
    expect(arrangeArgs([1, 2], [null, "a"], ["", "a"], ALWAYS_ON).ok).toBe(true);
  });

  it("are compared by what a list keeps of a long label", () => {
    const long = "a".repeat(600);
    expect(arrangeArgs([1], [long], [long.slice(0, 500)], ALWAYS_ON).ok).toBe(true);
  });

  it.each([
    ["as many as a chosen script takes", 4, SELECTABLE, true],
    ["fewer than a chosen script takes", 3, SELECTABLE, false],
    ["more than a chosen script takes", 5, SELECTABLE, false],
    ["fewer than an always-on script takes", 3, ALWAYS_ON, true],
    ["more than an always-on script takes, which Forge would cut off", 5, ALWAYS_ON, false],
  ])("without labels are counted: %s", (_, count, isWholeNeeded, isFine) => {
    const given = Array.from({ length: count }, (_one, at) => at);
    expect(arrangeArgs(given, undefined, HOST, isWholeNeeded).ok).toBe(isFine);
  });
});

const PICTURES = new Map(
  [1, 2].map((n) => [uploadRef(n).upload_id, new Picture(Buffer.from([n]))]),
);
const [FIRST, SECOND] = [...PICTURES.values()];
const scriptsOf = (more: Record<string, unknown>) =>
  hostScriptsOf(paramsOf(more), LAB_CATALOGUE, PICTURES);

describe("the scripts of a job on a host", () => {
  it("are none where the job has none", () => {
    expect(scriptsOf({})).toEqual({ selectable: null, alwaysOn: {} });
  });

  it("have their pictures in place, however deep they lie", () => {
    const args = [true, { image: uploadRef(1), list: [uploadRef(2), 7] }];
    expect(scriptsOf({ alwayson_scripts: { "StyleAlign Integrated": { args } } })).toMatchObject({
      alwaysOn: { "stylealign integrated": { args: [true, { image: FIRST, list: [SECOND, 7] }] } },
    });
  });

  it("take the arguments of the kind of job that it is", () => {
    const script = { name: "Loopback", args: [2, 0.5, "Linear", "None"] };
    const img2img = { init_image: uploadRef(1) };
    expect(scriptsOf({ script, img2img })).toMatchObject({
      selectable: { name: "loopback", args: [2, 0.5, "Linear", "None"] },
    });
  });

  it.each([
    [
      "script.args",
      { script: { name: "Prompt matrix", args: [1, 2] } },
      '"Prompt matrix" on this server takes 5 arguments, the job has 2',
    ],
    [
      "alwayson_scripts.StyleAlign Integrated.args",
      {
        alwayson_scripts: {
          "StyleAlign Integrated": {
            args: [true, 1],
            arg_labels: ["Share attention in batch", "Power"],
          },
        },
      },
      'has "Strength" as its argument 2, where the job has "Power"',
    ],
  ])("that another version has changed stop the job by %s", (field, more, sentence) => {
    const found = scriptsOf(more);
    expect(found).toMatchObject({ kind: "user", reason: "script_changed", field });
    expect(found).toHaveProperty("message", expect.stringContaining(sentence));
  });
});

const unitsOf = (args: unknown[], arg_labels?: unknown[]) =>
  scriptsOf({ alwayson_scripts: { ControlNet: { args, ...(arg_labels && { arg_labels }) } } });

describe("the units of ControlNet", () => {
  const model = "control_canny [de300001]";

  it("are rebuilt field by field with every value explicit", () => {
    const unit = {
      model,
      module: "canny",
      image: uploadRef(1),
      mask_image: uploadRef(2),
      weight: 0.5,
    };
    expect(unitsOf([unit])).toEqual({
      selectable: null,
      alwaysOn: {
        controlnet: {
          args: [
            {
              enabled: true,
              module: "canny",
              model,
              weight: 0.5,
              image: FIRST,
              mask_image: SECOND,
              resize_mode: "Crop and Resize",
              processor_res: -1,
              threshold_a: -1,
              threshold_b: -1,
              guidance_start: 0,
              guidance_end: 1,
              pixel_perfect: false,
              control_mode: "Balanced",
              hr_option: "Both",
              save_detected_map: true,
            },
          ],
        },
      },
    });
  });

  it.each([
    ["weight", 1.5],
    ["resize_mode", "Resize and Fill"],
    ["processor_res", 512],
    ["threshold_a", 0.1],
    ["threshold_b", 200],
    ["guidance_start", 0.2],
    ["guidance_end", 0.7],
    ["pixel_perfect", true],
    ["control_mode", "ControlNet is more important"],
    ["hr_option", "Low res only"],
    ["save_detected_map", false],
  ])("carry %s as it was asked", (field, value) => {
    expect(unitsOf([{ model, image: uploadRef(1), [field]: value }])).toMatchObject({
      alwaysOn: { controlnet: { args: [{ [field]: value }] } },
    });
  });

  it("keep their places: one that is off stays, with nothing but that", () => {
    const off = { enabled: false, model, image: uploadRef(1) };
    const on = { model, image: uploadRef(2) };
    expect(unitsOf([off, on, off])).toMatchObject({
      alwaysOn: { controlnet: { args: [{ enabled: false }, { image: SECOND }] } },
    });
  });

  it("have no picture of their own where the input picture serves", () => {
    const scripts = scriptsOf({
      img2img: { init_image: uploadRef(1) },
      alwayson_scripts: { ControlNet: { args: [{ model }] } },
    });
    const units = "alwaysOn" in scripts ? scripts.alwaysOn.controlnet?.args : [];
    expect(units?.[0]).not.toHaveProperty("image");
  });

  it("are as many as the host has, whatever they were called elsewhere", () => {
    const on = { model, image: uploadRef(1) };
    const labels = ["Unit 0", "Unit 1", "Unit 2"];
    expect(unitsOf([on, on, on], labels)).toHaveProperty("alwaysOn.controlnet.args.length", 3);
    const off = { enabled: false };
    expect(unitsOf([on, off, off, off])).toHaveProperty("alwaysOn.controlnet.args.length", 1);
    expect(unitsOf([on, on, on, on])).toMatchObject({
      reason: "script_changed",
      field: "alwayson_scripts.ControlNet.args",
      message: "This server has 3 ControlNet units, the job uses 4.",
    });
  });
});
