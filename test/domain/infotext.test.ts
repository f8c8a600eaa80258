import { readFileSync } from "node:fs";
import { GenerationParams } from "@mobilesd/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseInfotext } from "../../src/domain/infotext.ts";

/** What a real Forge wrote, by the name of its recording. */
const RECORDED = JSON.parse(
  readFileSync(new URL("./fixtures/infotexts.json", import.meta.url), "utf8"),
) as Record<string, string>;

function read(text: string) {
  const parsed = parseInfotext(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

const recorded = (name: string) => RECORDED[name] ?? "";

describe("an infotext of a real Forge", () => {
  it("gives back the parameters that it was made with", () => {
    expect(read(recorded("generate/all_fields"))).toEqual({
      positive_prompt: "a red cube",
      negative_prompt: "blurry",
      steps: 1,
      sampler_name: "Euler",
      scheduler: "Karras",
      cfg_scale: 5.5,
      seed: 1234,
      width: 64,
      height: 64,
      checkpoint_name: "plain_sd15",
      subseed: 99,
      subseed_strength: 0.25,
      clip_skip: 2,
    });
  });

  it("keeps prompts of many lines and scripts as Forge splits them", () => {
    expect(read(recorded("generate/prompt_newlines"))).toMatchObject({
      positive_prompt: "line one\nline two",
      negative_prompt: "not really\nSteps: 99\nreal negative",
      steps: 1,
    });
    expect(read(recorded("generate/prompt_unicode"))).toMatchObject({
      positive_prompt: "ein Würfel, 赤い立方体, 😀",
      negative_prompt: "grün",
    });
    expect(read(recorded("generate/empty_object"))).toMatchObject({ positive_prompt: "" });
  });

  it("loses nothing that decides the picture, and refuses by name what cannot be queued yet", () => {
    const refused = Object.entries(RECORDED).flatMap(([name, text]) => {
      const parsed = parseInfotext(text);
      return parsed.ok ? [] : [[name, parsed.error[0]?.message]];
    });
    for (const [name, message] of refused) {
      expect(name).toMatch(/^(img2img\/|generate\/(hires|refiner|controlnet))/);
      expect(message).toMatch(/^"(Denoising strength|Refiner|ControlNet 0)" cannot be queued/);
    }
    expect(refused.length).toBeGreaterThan(15);
  });

  it("is held to the same schema as any request", () => {
    const isValid = (name: string) => GenerationParams.safeParse(read(recorded(name))).success;
    expect(isValid("generate/seed_max")).toBe(true);
    expect(isValid("generate/seed_over")).toBe(false);
    expect(isValid("generate/width_65")).toBe(false);
    expect(isValid("generate/cfg_huge")).toBe(false);
    expect(isValid("generate/nan")).toBe(false);
  });
});

it("takes a text without parameters for a prompt", () => {
  expect(read("a cat\nNegative prompt: a dog")).toEqual({
    positive_prompt: "a cat",
    negative_prompt: "a dog",
  });
});

it("names a parameter that only looks like one of the language's own", () => {
  const parsed = parseInfotext("a\nSteps: 1, Seed: 2, constructor: 3, Sampler: Euler");
  expect(parsed).toMatchObject({ ok: false, error: [{ field: "generation_info_raw" }] });
});

it("reads a quoted value to its closing quote", () => {
  const text = 'a\nSteps: 1, Model: "we, \\"the\\" model", Sampler: Euler, Seed: 2';
  expect(read(text)).toMatchObject({ checkpoint_name: 'we, "the" model', seed: 2 });
});

it("refuses half a size instead of making up the other half", () => {
  const params = read("a\nSteps: 1, Size: 512, Model: m, Seed: 2");
  expect(GenerationParams.safeParse(params).success).toBe(false);
});

it("never throws, whatever the text", () => {
  const line = fc.array(fc.tuple(fc.string(), fc.string()).map(([a, b]) => `${a}: ${b}`));
  fc.assert(
    fc.property(fc.string(), line, (head, pairs) => {
      parseInfotext(`${head}\n${pairs.join(", ")}`);
    }),
  );
});
