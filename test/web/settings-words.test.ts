import { describe, expect, it } from "vitest";
import { promptWords, settingsWords } from "../../src/web/settings-words.ts";

const UPLOAD = { upload_id: "upl_1" };

/** The line as it is read: with blanks where it may not break, too. */
const words = (params: Readonly<Record<string, unknown>>) =>
  settingsWords(params).replaceAll("\u00a0", " ");

describe("a job's settings in one line", () => {
  it("are short, with a checkpoint's name as people know it", () => {
    const params = {
      checkpoint_name: "Pony\\cyberrealisticPony_v8.safetensors [c0ffee00c0]",
      width: 832,
      height: 1216,
      steps: 20,
      sampler_name: "Euler a",
    };
    expect(words(params)).toBe("cyberrealisticPony_v8 · 832×1216 · 20 steps · Euler a");
  });

  it.each([
    ["how many pictures", { batch_size: 2, n_iter: 2, steps: 4 }, "4 pictures · 4 steps"],
    [
      "how many pictures of what size",
      { batch_size: 4, checkpoint_name: "m.safetensors", width: 832, height: 1216 },
      "m · 4 pictures, 832×1216",
    ],
    ["no number for one picture", { batch_size: 1, n_iter: 1, steps: 4 }, "4 steps"],
    [
      "the size after hires fix",
      { width: 64, height: 96, hires: { scale: 1.5 } },
      "64×96 → 96×144",
    ],
    ["a refiner", { refiner: { checkpoint_name: "xl/refiner.safetensors" } }, "refined by refiner"],
    ["an input picture", { img2img: { init_image: UPLOAD } }, "image to image"],
    ["a mask", { img2img: { init_image: UPLOAD, mask: UPLOAD } }, "inpainting"],
    ["a script", { script: { name: "Prompt matrix", args: [] } }, "Prompt matrix"],
  ])("tell %s", (_, params, line) => {
    expect(words(params)).toBe(line);
  });

  it("tell what ControlNet looks for, and nothing of units that are off", () => {
    const args = [
      { module: "canny", model: "control_canny [abc]" },
      { module: "None", model: "control_v11f1p_depth.safetensors [cfd03158]" },
      { enabled: false, module: "openpose" },
    ];
    expect(words({ alwayson_scripts: { ControlNet: { args } } })).toBe(
      "ControlNet canny, control_v11f1p_depth",
    );
    expect(words({ alwayson_scripts: { controlnet: { args: [{ enabled: false }] } } })).toBe("");
    expect(words({ alwayson_scripts: { ADetailer: { args: [true] } } })).toBe("");
  });

  it("may break only between its parts, as long as these fit a phone", () => {
    expect(settingsWords({ steps: 8, sampler_name: "DPM++ 2M" })).toBe(
      "8\u00a0steps\u00a0· DPM++\u00a02M",
    );
    const name = "a model with a name of very many words indeed";
    expect(settingsWords({ checkpoint_name: name })).toBe(name);
  });

  it("are what an old row still knows", () => {
    const odd = { hires: 1, refiner: "x", img2img: null, alwayson_scripts: [1], script: {} };
    expect(words({ ...odd, width: "512", steps: 8 })).toBe("8 steps");
    expect(promptWords({})).toBe("No prompt");
    expect(promptWords({ positive_prompt: "a cat" })).toBe("a cat");
  });
});
