import {
  AlwaysonScripts,
  type ControlNetUnit,
  controlNetUnits,
  GenerationParams,
  LIMITS,
} from "@mobilesd/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exampleParams } from "../support/example-job.ts";

const UPLOAD = { upload_id: `upl_${"a".repeat(22)}` };

/** What is wrong with a job that has this script, by field; nothing where it is taken. */
function faults(changes: object): string[] {
  const parsed = GenerationParams.safeParse({ ...exampleParams(), ...changes });
  return (parsed.error?.issues ?? []).map((issue) => issue.path.join("."));
}

const faultsOfArgs = (args: unknown, more: object = {}) =>
  faults({ script: { name: "prompt matrix", args, ...more } });

const PLACES = [
  "/etc/passwd",
  "  /etc/passwd",
  "\\\\server\\share\\x.png",
  "\\\\.\\pipe",
  "\\Users\\me",
  "\\Program Files\\x",
  "\\temp/x",
  "\\secret.txt",
  "//server/share",
  "/\\server\\share",
  "a cat\n/etc/passwd",
  "a cat\r\n  C:\\Users\\me",
  "a cat\n..",
  "--x /path",
  "--prompt cat --outpath_samples /etc/cron.d --do_not_save_samples false",
  "--outpath_samples '../x'",
  "--outpath_samples=~/x",
  "file=/etc/passwd",
  'file = "C:\\x"',
  "C:\\Users\\me",
  "c:/x",
  "~",
  "~/.ssh/id_rsa",
  "~root/x",
  "..",
  "../x",
  "a/../../b",
  "a\\..\\b",
  "a/..",
  "http://127.0.0.1/x",
  "HTTPS://example.com",
  "file:///etc/passwd",
  "file:/etc/passwd",
  "smb://box/share",
];

const HARMLESS = [
  "",
  "a cat, 8k, 1/2 body ... and/or a hat ~ (x:1.2)",
  "Pony/cyberrealisticPony_v8.safetensors",
  "control_canny [de300001]",
  "~word",
  "...",
  "a..b",
  "C: drive",
  "12:30",
  "data:image/png;base64,AAAA",
  "\\(smile\\), face",
  "score_9, \\(a\\)",
  "a cat\n\\(smile\\)",
  "hair:\\(blue\\)",
  "/",
  "//",
  "/ or \\",
  "\\n",
  "\\n a cat, and/or a hat",
  "a -- b / c",
  "x = / y",
];

describe("an argument of a script", () => {
  it.each(PLACES)("is refused when it names a place: %s", (place) => {
    for (const arg of [place, [place], { deep: [1, { er: place }] }, { [place]: 1 }]) {
      expect(faultsOfArgs([1, arg]), JSON.stringify(arg)).toHaveLength(1);
    }
    expect(faultsOfArgs(["fine", { a: [null, place] }])).toEqual(["script.args.1.a.1"]);
    expect(faults({ alwayson_scripts: { FreeU: { args: [true, place] } } })).toEqual([
      "alwayson_scripts.FreeU.args.1",
    ]);
  });

  it.each(HARMLESS)("is taken when it only looks a little like a place: %s", (text) => {
    expect(faultsOfArgs([text, [text], { [text]: text }])).toEqual([]);
  });

  it("is found to name a place however deep it lies in whatever else there is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...PLACES), fc.nat(3), (json, place, depth) => {
        let nested: unknown = place;
        for (let level = 0; level < depth; level++) nested = level % 2 ? [nested] : { in: nested };
        expect(faultsOfArgs([json, nested])).toContainEqual(
          expect.stringMatching(/^script\.args\.1/),
        );
      }),
    );
  });

  it.each(["\n", "\r", " ", "--", " --a", "= ", "/", "\\n", "a:", "~", "../"])(
    "is looked at without making anybody wait when it is nothing but %j",
    (piece) => {
      const begin = performance.now();
      faultsOfArgs([piece.repeat(LIMITS.paramsCharsMax / piece.length)]);
      expect(performance.now() - begin).toBeLessThan(500);
    },
  );

  it("is any other JSON, kept as it is", () => {
    const harmless = fc.jsonValue({ stringUnit: fc.constantFrom(..."ab 1é😀_-") });
    fc.assert(
      fc.property(fc.array(harmless, { maxLength: 20 }), (args) => {
        const { script } = GenerationParams.parse({
          ...exampleParams(),
          script: { name: "x", args },
        });
        expect(script?.args).toEqual(args);
      }),
    );
  });

  it.each([
    ["half a character", "\ud800"],
    ["a NUL", "a\0b"],
    ["a number beyond JSON's", Number.POSITIVE_INFINITY],
    ["a hole", undefined],
  ])("is refused when neither the queue nor Forge can hold it: %s", (_, arg) => {
    expect(faultsOfArgs([arg])).toEqual(["script.args.0"]);
    expect(faultsOfArgs([{ in: arg }])).toEqual(["script.args.0.in"]);
  });

  it("that is an upload must be one and nothing else: the script would get no picture", () => {
    expect(faultsOfArgs([UPLOAD, [{ image: UPLOAD }]])).toEqual([]);
    for (const broken of [{ upload_id: "upl_short" }, { upload_id: null }, { ...UPLOAD, x: 1 }]) {
      expect(faultsOfArgs([broken])).toContain("script.args.0");
    }
  });

  it("has a label for each or for none", () => {
    expect(faultsOfArgs([1, 2], { arg_labels: ["Loops", null] })).toEqual([]);
    expect(faultsOfArgs([1, 2], { arg_labels: ["Loops"] })).toEqual(["script.arg_labels"]);
    expect(faults({ alwayson_scripts: { FreeU: { args: [], arg_labels: ["B1"] } } })).toEqual([
      "alwayson_scripts.FreeU.arg_labels",
    ]);
  });

  it("is one of a bounded number", () => {
    const many = Array.from({ length: LIMITS.scriptArgsMax + 1 }, () => 0);
    expect(faultsOfArgs(many.slice(1))).toEqual([]);
    expect(faultsOfArgs(many)).toEqual(["script.args"]);
  });
});

describe("always-on scripts", () => {
  it("are named by title in any letters, each once", () => {
    expect(faults({ alwayson_scripts: { "FREEU Integrated": { args: [] } } })).toEqual([]);
    const twice = { FreeU: { args: [] }, freeu: { args: [] } };
    expect(faults({ alwayson_scripts: twice })).toEqual(["alwayson_scripts"]);
    expect(faults({ alwayson_scripts: { "": { args: [] } } })).toHaveLength(1);
  });

  it("are so many at most", () => {
    const titles = Array.from({ length: LIMITS.alwaysonScriptsMax + 1 }, (_, n) => `script ${n}`);
    const scripts = (names: string[]) =>
      Object.fromEntries(names.map((name) => [name, { args: [] }]));
    expect(faults({ alwayson_scripts: scripts(titles.slice(1)) })).toEqual([]);
    expect(faults({ alwayson_scripts: scripts(titles) })).toEqual(["alwayson_scripts"]);
  });

  it.each([
    ["without arguments", {}],
    ["as a bare list, which Forge ignores", []],
    ["with a field that nobody knows", { args: [], enabled: true }],
  ])("are refused %s", (_, script) => {
    expect(faults({ alwayson_scripts: { FreeU: script } })).not.toEqual([]);
  });
});

const unitFaults = (unit: unknown, title = "ControlNet") =>
  faults({ alwayson_scripts: { [title]: { args: [{ enabled: false }, unit] } } });

/** Each field of a unit with values at its borders and the first ones beyond. */
const UNIT_FIELDS: [field: keyof ControlNetUnit, good: unknown[], bad: unknown[]][] = [
  ["enabled", [true, false], ["true", 1]],
  ["module", ["None", "canny"], ["", 5]],
  ["model", ["None", "control_canny [de300001]"], ["", null]],
  ["weight", [0, 2, 0.55], [-0.1, 2.1, "1"]],
  ["image", [UPLOAD], ["base64", null, { image: UPLOAD }]],
  ["mask_image", [UPLOAD], ["base64", {}]],
  ["resize_mode", ["Just Resize", "Crop and Resize", "Resize and Fill"], [0, "crop and resize"]],
  ["processor_res", [-1, 0.5, 512, 4096], [-2, 4097, "512"]],
  ["threshold_a", [-1, 0.5, 4096], [-2, 5000]],
  ["threshold_b", [-1, 200], ["x"]],
  ["guidance_start", [0, 1], [-0.1, 1.1]],
  ["guidance_end", [0, 1], [1.01]],
  ["pixel_perfect", [true], ["yes"]],
  [
    "control_mode",
    ["Balanced", "My prompt is more important", "ControlNet is more important"],
    [0, "balanced"],
  ],
  ["hr_option", ["Both", "Low res only", "High res only"], ["HiResFixOption.BOTH"]],
  ["save_detected_map", [false], [0]],
];

describe("a ControlNet unit", () => {
  it.each(UNIT_FIELDS)(
    "takes what Forge offers as %s, and names what it does not",
    (field, good, bad) => {
      for (const value of good) expect(unitFaults({ [field]: value }), String(value)).toEqual([]);
      for (const value of bad) {
        const [fault] = unitFaults({ [field]: value });
        expect(fault, String(value)).toMatch(
          new RegExp(`^alwayson_scripts\\.ControlNet\\.args\\.1\\.${field}`),
        );
      }
    },
  );

  it("is looked at whatever the letters of the title", () => {
    for (const title of ["ControlNet", "controlnet", "CONTROLNET"]) {
      expect(unitFaults({ weight: 3 }, title)).toEqual([`alwayson_scripts.${title}.args.1.weight`]);
    }
    expect(unitFaults({ weight: 3 }, "ControlNet Reference")).toEqual([]);
  });

  it.each([3, "unit", null, [], true])("is an object, not %j", (unit) => {
    expect(unitFaults(unit)).toEqual(["alwayson_scripts.ControlNet.args.1"]);
  });

  it.each(["batch_image_dir", "input_mode", "generated_image", "use_preview_as_input", "typo"])(
    "has no field %s: Forge would read a folder, or ignore it",
    (key) => {
      const parsed = AlwaysonScripts.safeParse({ ControlNet: { args: [{ [key]: "x" }] } });
      expect(parsed.error?.issues).toMatchObject([
        { code: "unrecognized_keys", keys: [key], path: ["ControlNet", "args", 0] },
      ]);
    },
  );

  it("comes with Forge's own defaults where a job says nothing, and the job stays as it was", () => {
    const scripts = AlwaysonScripts.parse({ controlnet: { args: [{ model: "m" }] } });
    expect(scripts.controlnet?.args).toEqual([{ model: "m" }]);
    expect(controlNetUnits(scripts)).toEqual([
      {
        enabled: true,
        module: "None",
        model: "m",
        weight: 1,
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
    ]);
    expect(controlNetUnits(undefined)).toEqual([]);
    expect(controlNetUnits({ FreeU: { args: [1] } })).toEqual([]);
  });
});
