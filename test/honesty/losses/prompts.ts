import type { Body, Chapter, Scenario } from "../loss.ts";
import type { Lie, Lists } from "../lying-forge.ts";

const INK = "a red cube <lora:demo_ink:0.8>";

/** Two LoRAs with one alias, styles that call LoRAs, and an embedding that no model of this Forge can use. */
const LISTS: Lists = {
  "/sdapi/v1/loras": (loras: Body[]) => [
    ...loras,
    ...["ink_v1", "ink_v2"].map((name) => ({ ...loras[0], name, alias: "ink" })),
  ],
  "/sdapi/v1/prompt-styles": (styles: Body[]) => [
    ...styles,
    { name: "old ink", prompt: "{prompt}, <lora:old_ink:0.6>", negative_prompt: "" },
    { name: "heavy ink", prompt: "{prompt} <lora:demo_ink:strong>", negative_prompt: "" },
  ],
  "/sdapi/v1/embeddings": ({ loaded, ...rest }: Record<string, Body>) => ({
    ...rest,
    loaded: { ...loaded, xl_style: { shape: 2048, vectors: 2 } },
  }),
};

/** The prompt with a LoRA in it whose file is gone since Forge told of it. */
const withoutFile = (prompt: unknown) => String(prompt).replace("demo_glow", "deleted");

/** Forge drops every LoRA of the prompt, and tells the prompt as it came. */
const losesFile: Lie = {
  asks: (request) => {
    request.prompt = withoutFile(request.prompt);
  },
  answers: (answer, asked) => {
    const prompts = JSON.stringify([asked.prompt]);
    answer.info = String(answer.info).replace(
      /"all_prompts": \[.*?\]/,
      `"all_prompts": ${prompts}`,
    );
  },
};

const refusedTag = (positive_prompt: string): Scenario => ({
  where: "queued",
  outcome: "400 invalid_request",
  field: "positive_prompt",
  job: { positive_prompt },
});

export const PROMPTS: Chapter = {
  name: "prompts",
  title: "Prompts, LoRAs and embeddings",
  lists: LISTS,
  losses: [
    {
      wish: "a LoRA that the server does not have, or in another case",
      forge: "leaves out every LoRA of the prompt",
      scenarios: [
        {
          where: "queued",
          outcome: "400 unknown_name",
          field: "positive_prompt",
          job: { positive_prompt: `${INK} <lora:DEMO_GLOW:1>` },
        },
        {
          where: "before",
          outcome: "failed: missing_name",
          field: "positive_prompt",
          job: { positive_prompt: `${INK} <lora:DEMO_GLOW:1>` },
          server: {},
        },
        {
          where: "after",
          outcome: "completed, lora_unproven",
          field: "positive_prompt",
          job: { positive_prompt: `${INK} <lora:demo_glow:1>` },
          lie: losesFile,
        },
        {
          where: "unproved",
          because: "a file deleted in the last minutes, on a Forge that hashes none",
          outcome: "completed",
          job: { positive_prompt: `${INK} <lora:demo_glow:1>` },
          lie: losesFile,
          server: { isFresh: true, hashesNothing: true },
        },
      ],
    },
    {
      wish: "a LoRA made for another kind of model",
      forge: "loads what fits, which may be nothing",
      scenarios: [
        {
          where: "unproved",
          because: "Forge names it as used",
          outcome: "completed",
          job: { checkpoint_name: "demoSceneryXL_v3", positive_prompt: INK },
        },
      ],
    },
    {
      wish: "a LoRA by an alias that two files share",
      forge: "leaves out every LoRA of the prompt",
      scenarios: [
        {
          where: "queued",
          outcome: "400 ambiguous_name",
          field: "positive_prompt",
          job: { positive_prompt: "a red cube <lora:ink:1>" },
        },
      ],
    },
    {
      wish: "a LoRA whose weight is no number",
      forge: "leaves out every LoRA of the prompt",
      scenarios: [refusedTag("a red cube <lora:demo_ink:strong>")],
    },
    {
      wish: "`<lyco:…>`, `<LORA:…>`",
      forge: "cuts them out and does nothing",
      scenarios: [
        refusedTag("a red cube <lyco:demo_ink:1>"),
        refusedTag("a red cube <LORA:demo_ink:1>"),
      ],
    },
    {
      wish: "`<hypernet:…>`, or a tag of a kind that Forge does not know",
      forge: "cuts it out, and uses it only if it knows its kind and has its file",
      scenarios: [
        refusedTag("a red cube <hypernet:demo:1>"),
        refusedTag("a red cube <wildcard:colours>"),
      ],
    },
    {
      wish: "a LoRA in a negative prompt",
      forge: "reads the tag as plain words",
      scenarios: [
        {
          where: "queued",
          outcome: "400 invalid_request",
          field: "negative_prompt",
          job: { negative_prompt: "blurry <lora:demo_ink:1>" },
        },
        {
          where: "queued",
          outcome: "400 invalid_request",
          field: "hires.negative_prompt",
          job: { hires: { negative_prompt: "blurry <lora:demo_ink:1>" } },
        },
      ],
    },
    {
      wish: "a style that calls a LoRA which the server does not have, or with a weight that is no number",
      forge: "leaves out every LoRA of the prompt",
      scenarios: [
        {
          where: "before",
          outcome: "failed: missing_name",
          field: "styles",
          job: { positive_prompt: INK, styles: ["old ink"] },
        },
        {
          where: "before",
          outcome: "failed: invalid_job",
          field: "styles",
          job: { positive_prompt: INK, styles: ["heavy ink"] },
        },
      ],
    },
    {
      wish: "a LoRA in the prompt of hires fix that the server does not have",
      forge: "leaves out every LoRA of that prompt",
      scenarios: [
        {
          where: "queued",
          outcome: "400 unknown_name",
          field: "hires.prompt",
          job: { hires: { prompt: "a red cube <lora:not_there:1>" } },
        },
        {
          where: "before",
          outcome: "failed: missing_name",
          field: "hires.prompt",
          job: { hires: { prompt: "a red cube <lora:not_there:1>" } },
          server: {},
        },
        {
          where: "after",
          outcome: "failed: not_as_asked",
          field: "hires.prompt",
          job: { positive_prompt: INK, hires: { prompt: `${INK} <lora:demo_glow:1>` } },
          lie: {
            asks: (request) => {
              request.hr_prompt = withoutFile(request.hr_prompt);
            },
          },
        },
      ],
    },
    {
      wish: "`embedding:name`, as other programs write it",
      forge: "reads it as plain words",
      scenarios: [
        {
          where: "before",
          outcome: "failed: invalid_job",
          field: "positive_prompt",
          job: { positive_prompt: "a red cube, embedding:demo_style" },
        },
        {
          where: "before",
          outcome: "failed: invalid_job",
          field: "negative_prompt",
          job: { negative_prompt: "embedding:demo_negative" },
        },
      ],
    },
    {
      wish: "an embedding made for another kind of model",
      forge: "reads its name as plain words",
      scenarios: [
        {
          where: "after",
          outcome: "completed, embedding_unused",
          field: "positive_prompt",
          job: { positive_prompt: "a red cube, xl_style" },
        },
        {
          where: "after",
          outcome: "completed, embedding_unused",
          field: "negative_prompt",
          job: { negative_prompt: "xl_style" },
        },
        {
          where: "unproved",
          because: "the negative prompt's, where the positive one uses an embedding",
          outcome: "completed",
          job: { positive_prompt: "a red cube, demo_style", negative_prompt: "xl_style" },
        },
      ],
    },
    {
      wish: "a prompt with `#`",
      forge: "leaves out the rest of the line, as a comment",
      scenarios: [
        {
          where: "meant",
          outcome: "completed",
          job: { positive_prompt: "a red cube # and a blue one" },
        },
        {
          where: "meant",
          outcome: "completed",
          of: "a LoRA in it",
          job: { positive_prompt: "a red cube # <lora:not_there:strong>" },
        },
      ],
    },
    {
      wish: "a negative prompt at a CFG scale of 1",
      forge: "does not use it",
      scenarios: [
        { where: "meant", outcome: "completed", job: { negative_prompt: "blurry", cfg_scale: 1 } },
      ],
    },
  ],
};
