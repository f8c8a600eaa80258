import { describe, expect, it } from "vitest";
import { parseInfotext } from "../../src/domain/infotext.ts";

const line = (parameters: string) => `a cat\nSteps: 1, Seed: 2, Model: m, ${parameters}`;

const problems = (text: string) => {
  const parsed = parseInfotext(text);
  return parsed.ok ? [] : parsed.error.map(({ message }) => message);
};

describe("what an infotext cannot tell", () => {
  it.each([
    ["Denoising strength: 0.5", '"Denoising strength": an infotext holds no input picture'],
    [
      "Mask blur: 4, Inpaint area: Only masked, Masked area padding: 0, Masked content: fill",
      "and 1 more: an infotext",
    ],
    ["Soft inpainting enabled: True", "no input picture"],
    [
      'ControlNet 0: "Module: canny, Model: x"',
      '"ControlNet 0": an infotext holds no picture for ControlNet',
    ],
    ["ADetailer model: face_yolov8n.pt, ADetailer confidence: 0.3", "all that a script was told"],
    [
      "freeu_enabled: True, freeu_b1: 1.01",
      '"freeu_enabled", "freeu_b1": an infotext does not hold',
    ],
    ["Script: X/Y/Z plot, X Type: Steps", "Take that of one of its pictures"],
    ["Postprocess upscale by: 2", "no job works on a finished picture yet"],
    ['Civitai resources: [{"type":"lora","weight":1}]', "leave this out"],
    ["My extension: on", '"My extension": no job can hold this'],
    ["constructor: 3", '"constructor": no job can hold this'],
    ["half a word", '"half a word": no job can hold this'],
  ])("is refused by name, with a sentence that says what to do: %s", (text, words) => {
    const [message, ...more] = problems(line(text));
    expect(message).toContain(words);
    expect(more).toEqual([]);
  });

  it("is the whole of a hires fix where a part of it is missing", () => {
    expect(problems(line("Hires upscale: 2, Hires steps: 5"))).toEqual([
      '"Hires upscale", "Hires steps": a hires fix needs "Denoising strength" and the size of its second pass as well',
    ]);
    expect(problems(line("Denoising strength: 0.5, Hires steps: 5"))).toHaveLength(2);
  });

  it("is told for each reason at once, and shortly", () => {
    const many = Array.from({ length: 40 }, (_, at) => `ADetailer key ${at}: 1`).join(", ");
    const found = problems(line(`Denoising strength: 1, ${many}, ${"x".repeat(9_000)}: 1`));
    expect(found).toHaveLength(3);
    expect(found.join().length).toBeLessThan(1_000);
  });

  it.each([
    "a cat\nNegative prompt: a dog",
    "(sharp:1.2), (grey fur:1.1), (in the rain:0.9)",
    "a cat\nSteps: 1, Model: m",
  ])("is all but the prompt where no line of parameters ends the text: %s", (text) => {
    expect(problems(text)).toEqual([expect.stringContaining("the last line is not one")]);
  });

  it("is the model where the text names none", () => {
    expect(problems("a cat\nSteps: 1, Seed: 2, Sampler: Euler")).toEqual([
      'names no model: write "Model: …" into its last line',
    ]);
  });
});
