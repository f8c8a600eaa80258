import { describe, expect, it } from "vitest";
import type { StylePrompt } from "../../../src/forge/host.ts";
import { prepare } from "../../../src/job/before/prepare.ts";
import { LAB_HOST, PONY, paramsOf } from "../request/lab-host.ts";

/** What becomes of a job on a host whose two styles hold these texts. */
async function run(
  more: Record<string, unknown>,
  one: Partial<StylePrompt>,
  two: Partial<StylePrompt> = {},
) {
  const stylePrompts = new Map([
    ["lab style one", { prompt: "", negative_prompt: "", ...one }],
    ["lab style two", { prompt: "", negative_prompt: "", ...two }],
  ]);
  const params = paramsOf({ styles: ["lab style one"], ...more });
  const ready = await prepare(params, PONY, { ...LAB_HOST, stylePrompts }, new Map());
  return ready.ok ? null : ready.failure;
}

describe("a style that Forge would not apply whole", () => {
  it("fails the job by its field, with the style and the LoRA that is not there", async () => {
    const found = await run({}, { prompt: "{prompt}, <lora:old_ink:0.6>" });
    expect(found).toMatchObject({ kind: "user", reason: "missing_name", field: "styles" });
    expect(found?.message).toBe('In the style "lab style one": This server has no LoRA "old_ink".');
  });

  it.each<[string, string, Partial<StylePrompt>, RegExp]>([
    ["invalid_job", "a weight that is no number", { prompt: "<lora:lab_lora:strong>" }, /weight/],
    ["invalid_job", "a tag of another kind", { prompt: "{prompt} <wildcard:x>" }, /<wildcard:x>/],
    [
      "invalid_job",
      "a LoRA in its negative text",
      { negative_prompt: "<lora:lab_lora:1>" },
      /negative/,
    ],
    ["invalid_job", "another program's embedding", { prompt: "embedding:x" }, /embedding:x/],
    ["invalid_job", "that in its negative text", { negative_prompt: "embedding:x" }, /embedding:x/],
    ["missing_name", "an alias that two LoRAs share", { prompt: "<lora:shared:1>" }, /"first"/],
  ])("fails as %s for %s", async (reason, _, style, sentence) => {
    const found = await run({}, style);
    expect(found).toMatchObject({ kind: "user", reason, field: "styles" });
    expect(found?.message).toMatch(sentence);
    expect(found?.message).toMatch(/^In the style "lab style one": /);
  });

  it("is found where only prompt and style together make a tag", async () => {
    const style = { prompt: "<lora:lab_lora:1>" };
    for (const more of [
      { positive_prompt: "a cube <lora:first:1" },
      { hires: { prompt: "a cube <lora:first:1" } },
    ]) {
      const found = await run(more, style);
      expect(found).toMatchObject({ reason: "invalid_job", field: "styles" });
      expect(found?.message).toMatch(/^In the prompt with its styles: the weight in <lora:first/);
    }
  });

  it("is found where styles wrap one another", async () => {
    const more = { styles: ["lab style one", "lab style two"] };
    const found = await run(more, { prompt: "{prompt} <lora:fir" }, { prompt: "{prompt}st2:1>" });
    expect(found).toMatchObject({ reason: "missing_name", field: "styles" });
    expect(found?.message).toMatch(/no LoRA "first2"/);
  });
});

describe("a style", () => {
  it.each<[string, Record<string, unknown>, Partial<StylePrompt>]>([
    ["is fine with LoRAs that are there", {}, { prompt: "{prompt} <lora:lab_lora:0.5>" }],
    ["is fine with what stands behind a #", {}, { prompt: "ink # <lora:gone:1>\nfine" }],
    ["ends a comment of the prompt", { positive_prompt: "a # b" }, { prompt: "{prompt} c" }],
    ["that the job does not use is not looked at", { styles: [] }, { prompt: "<lora:gone:1>" }],
  ])("%s", async (_, more, style) => {
    expect(await run(more, style)).toBeNull();
  });

  it("keeps nobody waiting however often it repeats the prompt", async () => {
    const styles = Array.from({ length: 16 }, () => "lab style one");
    const begin = performance.now();
    const style = { prompt: "{prompt} {prompt} {prompt} {prompt}" };
    expect(await run({ styles, positive_prompt: "x".repeat(5_000) }, style)).toBeNull();
    expect(performance.now() - begin).toBeLessThan(500);
  });
});
