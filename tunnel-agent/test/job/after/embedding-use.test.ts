import { describe, expect, it } from "vitest";
import { answerOf, askedOf, infotextOf, readBody, redCube } from "./made-answers.ts";

interface Prompts {
  readonly positive?: string;
  readonly negative?: string;
  /** What the answer calls used. */
  readonly used?: string;
  readonly cfg_scale?: number;
  readonly embeddings?: readonly string[];
}

const HAS = ["easynegative", "bad-hands-5", "bad", "lab_embed", "My Style", "a, b: c"];

async function unusedIn({
  positive = "",
  negative = "",
  used,
  cfg_scale = 7,
  embeddings,
}: Prompts) {
  const params = redCube({ positive_prompt: positive, negative_prompt: negative, cfg_scale });
  const body = await answerOf(params, { texts: [infotextOf(params, { TI: used })] });
  const result = await readBody(body, askedOf(params, { embeddings: embeddings ?? HAS }));
  if (!result.ok) throw new Error(result.failure.message);
  return result.warnings.map(({ code, field, message }) => {
    expect(code).toBe("embedding_unused");
    return [field, ...[...message.matchAll(/"([^"]+)"/g)].map(([, name]) => name)];
  });
}

describe("an embedding that the model did not use is told, with the prompt that names it:", () => {
  it.each<[where: string, prompts: Prompts, found: string[][]]>([
    ["alone", { positive: "lab_embed" }, [["positive_prompt", "lab_embed"]]],
    ["in brackets", { positive: "a (lab_embed:1.2), b" }, [["positive_prompt", "lab_embed"]]],
    ["in another case", { positive: "LAB_Embed" }, [["positive_prompt", "lab_embed"]]],
    [
      "with a blank in its name",
      { positive: "in my  style, a cube" },
      [["positive_prompt", "My Style"]],
    ],
    [
      "in the negative prompt",
      { negative: "x, easynegative" },
      [["negative_prompt", "easynegative"]],
    ],
    [
      "two of them at once",
      { positive: "lab_embed, my style" },
      [["positive_prompt", "lab_embed", "My Style"]],
    ],
    [
      "beside one that was used",
      { positive: "lab_embed, my style", used: "lab_embed" },
      [["positive_prompt", "My Style"]],
    ],
    [
      "in both prompts",
      { positive: "lab_embed", negative: "easynegative" },
      [
        ["positive_prompt", "lab_embed"],
        ["negative_prompt", "easynegative"],
      ],
    ],
    ["the longest that fits", { positive: "bad-hands-5" }, [["positive_prompt", "bad-hands-5"]]],
  ])("%s", async (_where, prompts, found) => {
    expect(await unusedIn(prompts)).toEqual(found);
  });
});

describe("nothing is told of an embedding", () => {
  it.each<[which: string, prompts: Prompts]>([
    ["that was used", { positive: "lab_embed", used: "lab_embed" }],
    ["that both encoders of SDXL used", { positive: "lab_embed", used: "lab_embed, lab_embed" }],
    ["that was used in the negative prompt", { negative: "easynegative", used: "easynegative" }],
    ["with letters that an infotext drops", { positive: "a, b: c", used: "a b c" }],
    ["whose name is a part of a word", { positive: "badge, slab_embed, lab_embeds" }],
    ["whose name is the beginning of another's", { positive: "bad-hands-5", used: "bad-hands-5" }],
    ["whose name only a LoRA bears", { positive: "<lora:lab_embed:1> a" }],
    ["that no list holds", { positive: "lab_embed", embeddings: [] }],
    // Forge's line of the positive prompt takes the place of the negative one's.
    [
      "in the negative prompt when the positive one used some",
      { positive: "lab_embed", negative: "easynegative", used: "lab_embed" },
    ],
    [
      "in a negative prompt that a CFG scale of 1 leaves out",
      { negative: "easynegative", cfg_scale: 1 },
    ],
  ])("%s", async (_which, prompts) => {
    expect(await unusedIn(prompts)).toEqual([]);
  });

  it("that stands in a comment, which Forge takes out of the prompt", async () => {
    const params = redCube({ positive_prompt: "a # lab_embed" });
    const texts = [infotextOf(params)];
    const body = await answerOf(params, { texts, info: { all_prompts: ["a"] } });
    expect(await readBody(body, askedOf(params))).toMatchObject({ ok: true, warnings: [] });
  });
});
