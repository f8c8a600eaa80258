import { readdirSync, readFileSync } from "node:fs";
import { findProblems, GenerationParams, LIMITS, Settings, SubmitJob } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { exampleParams } from "../support/example-job.ts";

const GOLDEN = new URL("../golden/", import.meta.url);
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, GOLDEN), "utf8"));

/** What the Forge extension makes of a screen: written, and held against it, by its own tests. */
const messages = readdirSync(new URL("capture/", GOLDEN));

const Rules = z.strictObject({
  limits: z.record(z.string(), z.number()),
  settings: z.record(
    z.string(),
    z.strictObject({
      kind: z.enum(["flag", "whole", "number", "choice", "colour"]),
      low: z.number().optional(),
      high: z.number().optional(),
      choices: z.array(z.string()).optional(),
    }),
  ),
  prompts: z.array(
    z.strictObject({
      prompt: z.string(),
      refused: z.boolean(),
      refused_with_script: z.boolean(),
      refused_as_negative: z.boolean(),
    }),
  ),
  places: z.array(z.strictObject({ text: z.string(), refused: z.boolean() })),
});
const rules = Rules.parse(read("capture-rules.json"));

/** Whether the contract refuses parameters, by their form or by what Forge would drop. */
const refuses = (changes: object) => {
  const params = GenerationParams.safeParse({
    ...exampleParams(),
    negative_prompt: "",
    ...changes,
  });
  return !params.success || findProblems(params.data).length > 0;
};

describe("what the Forge extension captures", () => {
  it.each(messages)("is a message that the queue takes word for word: %s", (name) => {
    const message = read(`capture/${name}`);
    const parsed = SubmitJob.parse(message);
    expect(parsed).toMatchObject(message as object);
    expect(findProblems(GenerationParams.parse(parsed.generation_params))).toEqual([]);
  });

  it("covers every part of a job that a page of Forge can fill", () => {
    const params = messages.map((name) => SubmitJob.parse(read(`capture/${name}`)));
    const parts = new Set(params.flatMap((one) => Object.keys(one.generation_params ?? {})));
    const elsewhere = ["scheduler_or_quality_preset", "upscale"];
    const missing = Object.keys(GenerationParams.shape).filter((part) => !parts.has(part));
    expect(missing).toEqual(elsewhere);
  });
});

describe("the rules of the Forge extension", () => {
  it("know the limits of the contract", () => {
    expect(LIMITS).toMatchObject(rules.limits);
  });

  it("know the settings of the contract, with their ranges", () => {
    const { properties = {} } = z.toJSONSchema(Settings);
    expect(Object.keys(rules.settings)).toEqual(Object.keys(properties));
    const kinds = {
      boolean: "flag",
      integer: "whole",
      number: "number",
      string: "colour",
    } as const;
    const theirs = Object.entries(properties).map(([name, schema]) => {
      if (typeof schema === "boolean") throw new Error(`${name} has no schema`);
      const { type, enum: choices, minimum: low, maximum: high } = schema;
      if (choices) return [name, { kind: "choice", choices }];
      const kind = kinds[type as keyof typeof kinds];
      return [name, low === undefined ? { kind } : { kind, low, high }];
    });
    expect(rules.settings).toEqual(Object.fromEntries(theirs));
  });

  it.each(rules.prompts)("refuse the prompts that the queue refuses: $prompt", (rule) => {
    const { prompt, refused, refused_with_script, refused_as_negative } = rule;
    const alwayson_scripts = { "Dynamic Prompts": { args: [true] } };
    expect(refuses({ positive_prompt: prompt })).toBe(refused);
    expect(refuses({ positive_prompt: prompt, alwayson_scripts })).toBe(refused_with_script);
    expect(refuses({ negative_prompt: prompt })).toBe(refused_as_negative);
  });

  it.each(rules.places)("refuse the places that the queue refuses: $text", ({ text, refused }) => {
    for (const arg of [text, { deep: [text] }, { [text]: 1 }]) {
      expect(refuses({ alwayson_scripts: { X: { args: [arg] } } })).toBe(refused);
    }
  });
});
