import { describe, expect, it } from "vitest";
import { readAnswer } from "../../../src/job/after/answer-info.ts";
import { readInfotext, seedOf } from "../../../src/job/after/infotext.ts";
import { answerBytes } from "./made-answers.ts";
import { recorded } from "./recorded.ts";

const INFO = {
  all_seeds: [1],
  sampler_name: "Euler",
  steps: 1,
  cfg_scale: 7,
  clip_skip: 1,
  sd_model_name: "a",
  index_of_first_image: 0,
  infotexts: ["a\nSeed: 1"],
};

const infoOf = (info: string) =>
  readAnswer(answerBytes({ images: [], parameters: {}, info }))?.info;

describe("Forge's JSON inside its JSON", () => {
  it("is read with a bare NaN in it, as a real Forge gave it", () => {
    const answer = readAnswer(answerBytes(recorded("generate/nan").body));
    expect(answer?.info.cfg_scale).toBeNaN();
    expect(answer?.info.infotexts).toHaveLength(1);
  });

  it.each([
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["-Infinity", Number.NEGATIVE_INFINITY],
    ["1e+30", 1e30],
  ])("is read with %s as a number, and texts that look alike stay as they are", (word, value) => {
    const texts = ['say "NaN", [Infinity] and \\"x: NaN', "NaN\n\u2028// no comment"];
    const text = JSON.stringify({ ...INFO, infotexts: texts, cfg_scale: 0 });
    const info = infoOf(text.replace('"cfg_scale":0', `"cfg_scale":${word}`));
    expect(info?.cfg_scale).toBe(value);
    expect(info?.infotexts).toEqual(texts);
  });

  it("is taken for none where it is cut off", () => {
    expect(infoOf(JSON.stringify(INFO).slice(0, -5))).toBeUndefined();
  });
});

describe("an infotext's parameters", () => {
  it("are those of the last line, however the prompt looks", () => {
    const { body } = recorded("generate/prompt_newlines");
    const [infotext = ""] = readAnswer(answerBytes(body))?.info.infotexts ?? [];
    const line = readInfotext(infotext);
    expect(line.get("Steps")).toBe("1");
    expect(seedOf(line)).toBe(1);
  });

  it.each([
    ['Steps: 1, Lora hashes: "a: 1, b: 2", Seed: 5', "Lora hashes", "a: 1, b: 2"],
    ['Note: "a \\"quoted\\" word, and more", Seed: 5', "Note", 'a "quoted" word, and more'],
    ["Hires resize: 96x64, Seed: 5", "Hires resize", "96x64"],
    ["ControlNet 0: , Seed: 5", "ControlNet 0", ""],
    ["Pad conds, Seed: 5", "Seed", "5"],
    ['Broken: "a, Seed: 5', "Seed", "5"],
  ])("of %s hold %s as %s", (text, key, value) => {
    expect(readInfotext(`a prompt\n${text}`).get(key)).toBe(value);
    expect(seedOf(readInfotext(`a prompt\n${text}`))).toBe(5);
  });

  it.each(["", "a prompt", "Seed: many", "Seed: "])("of %j hold no seed", (text) => {
    expect(seedOf(readInfotext(text))).toBeNull();
  });
});
