import { GenerationParams } from "@mobilesd/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseInfotext } from "../../src/domain/infotext.ts";
import { listRecordings, loadExchange } from "../forge-api/recording.ts";
import { forgeInfotext } from "./forge-infotext.ts";

type Params = Partial<GenerationParams>;

interface Recording {
  readonly name: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly infotexts: readonly string[];
}

/** What a real Forge wrote into its pictures, and what it had been asked. */
function recordedPictures(): Recording[] {
  return listRecordings()
    .filter((name) => /^(generate|hashing|img2img)\//.test(name))
    .flatMap((name) => {
      const { request, response } = loadExchange(name);
      const { info } = Object(response.body) as { info?: unknown };
      if (typeof info !== "string" || !info.startsWith("{")) return [];
      // Python writes a bare NaN, which is no JSON.
      const { infotexts } = JSON.parse(info.replace(/: NaN\b/g, ": null"));
      return [{ name, request: Object(request.body), infotexts }];
    });
}

const RECORDED = recordedPictures();
const PICTURES = RECORDED.flatMap(({ name, infotexts }) =>
  infotexts.map((text) => ({ name, text })),
);
const NEEDS_A_PICTURE = /^img2img\/|^generate\/controlnet/;

function read(text: string) {
  const parsed = parseInfotext(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

const recorded = (name: string) =>
  RECORDED.find((one) => one.name === `generate/${name}`)?.infotexts[0] ?? "";
const line = (parameters: string) => `a cat\nSteps: 1, Seed: 2, Model: m, ${parameters}`;

/** Fields of Forge's API, and where what they asked for is found in ours. */
const SAME_FIELDS: Record<string, (params: Params) => unknown> = {
  seed: ({ seed }) => seed,
  steps: ({ steps }) => steps,
  width: ({ width }) => width,
  height: ({ height }) => height,
  cfg_scale: ({ cfg_scale }) => cfg_scale,
  subseed: ({ subseed }) => subseed,
  subseed_strength: ({ subseed_strength }) => subseed_strength,
  hr_upscaler: ({ hires }) => hires?.upscaler,
  hr_second_pass_steps: ({ hires }) => hires?.steps,
  hr_resize_x: ({ hires }) => hires?.width,
  hr_resize_y: ({ hires }) => hires?.height,
  hr_checkpoint_name: ({ hires }) => hires?.checkpoint_name,
  hr_cfg: ({ hires }) => hires?.cfg_scale,
  denoising_strength: ({ hires }) => hires?.denoising_strength,
  refiner_checkpoint: ({ refiner }) => refiner?.checkpoint_name,
  refiner_switch_at: ({ refiner }) => refiner?.switch_at,
};

describe("an infotext of a real Forge", () => {
  it("is read for every kind of picture that needs no input, and refused for the others", () => {
    const readable = PICTURES.filter(({ text }) => parseInfotext(text).ok);
    const refused = PICTURES.filter(({ text }) => !parseInfotext(text).ok);
    expect(readable.length).toBeGreaterThan(60);
    expect(readable.filter(({ name }) => NEEDS_A_PICTURE.test(name))).toEqual([]);
    expect(refused.filter(({ name }) => !NEEDS_A_PICTURE.test(name))).toEqual([]);
  });

  it("gives back what the picture was asked with", () => {
    const compared = new Set<string>();
    for (const { name, request, infotexts } of RECORDED) {
      const parsed = parseInfotext(infotexts[0] ?? "");
      if (!parsed.ok) continue;
      for (const [field, find] of Object.entries(SAME_FIELDS)) {
        const asked = request[field];
        if (asked === undefined || asked === -1) continue;
        expect(String(find(parsed.value as Params)), `${field} of ${name}`).toBe(String(asked));
        compared.add(field);
      }
    }
    expect([...compared].sort()).toEqual(Object.keys(SAME_FIELDS).sort());
  });

  it("holds nothing else: written again from what was read it is the same text", () => {
    for (const { name, text } of PICTURES) {
      const parsed = parseInfotext(text);
      // Numbers that no job may have are not written as Python does.
      if (!parsed.ok || !GenerationParams.safeParse(parsed.value).success) continue;
      const [, hashes] = /Lora hashes: "([^"]+)"/.exec(text) ?? [];
      const [, embeddings] = /TI: (\w+)/.exec(text) ?? [];
      const [, Version] = /Version: (.+)$/.exec(text) ?? [];
      const beside = { "Lora hashes": hashes, TI: embeddings, Version };
      const again = forgeInfotext(parsed.value as never, beside);
      expect(again.split("\n").at(-1), name).toBe(text.split("\n").at(-1));
    }
  });

  it("gives the variation, the clip skip and the schedule", () => {
    expect(read(recorded("all_fields"))).toEqual({
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

  it("gives the hires fix as it was asked for", () => {
    const asked = { denoising_strength: 0.5, cfg_scale: 7, upscaler: "Latent" };
    expect(read(recorded("hires")).hires).toEqual({ ...asked, scale: 2 });
    expect(read(recorded("hires_cfg_default")).hires).toEqual({ ...asked, scale: 2, cfg_scale: 1 });
    expect(read(recorded("hires_resize_to")).hires).toEqual({ ...asked, width: 96, height: 64 });
    expect(read(recorded("hires_image_upscaler")).hires).toEqual({
      ...asked,
      scale: 2,
      steps: 1,
      upscaler: "Lanczos",
    });
    expect(read(recorded("hires_checkpoint")).hires).toEqual({
      ...asked,
      scale: 2,
      checkpoint_name: "cyberrealisticPony_v8",
    });
  });

  it("gives the refiner as it was asked for", () => {
    const refiner = { checkpoint_name: "cyberrealisticPony_v8", switch_at: 0.5 };
    expect(read(recorded("refiner")).refiner).toEqual(refiner);
  });

  it("keeps prompts of many lines and scripts as Forge splits them", () => {
    expect(read(recorded("prompt_newlines"))).toMatchObject({
      positive_prompt: "line one\nline two",
      negative_prompt: "not really\nSteps: 99\nreal negative",
      steps: 1,
    });
    expect(read(recorded("prompt_unicode"))).toMatchObject({
      positive_prompt: "ein Würfel, 赤い立方体, 😀",
      negative_prompt: "grün",
    });
    expect(read(recorded("empty_object"))).toMatchObject({ positive_prompt: "" });
  });

  it("is held to the same schema as any request", () => {
    const isValid = (name: string) => GenerationParams.safeParse(read(recorded(name))).success;
    expect(isValid("seed_max")).toBe(true);
    expect(isValid("hires_resize_to")).toBe(true);
    expect(isValid("seed_over")).toBe(false);
    expect(isValid("width_65")).toBe(false);
    expect(isValid("cfg_huge")).toBe(false);
  });
});

it("what only tells how a picture came about is passed by", () => {
  const text = `Lora hashes: "a: 0123456789ab, b: cd", TI: x, TI hashes: "x: ab", User: anna, Batch size: 4, Batch pos: 1, Hashes: {"vae": "735e", "model": "7f96"}, Civitai metadata: {}, Created Date: 2024-05-01T10:11:12.1Z, Version: v1.9.4`;
  expect(read(line(text))).toEqual({
    positive_prompt: "a cat",
    negative_prompt: "",
    steps: 1,
    seed: 2,
    checkpoint_name: "m",
  });
});

it("a sampler of old texts is told apart from its schedule", () => {
  const text = "a\nSteps: 1, Seed: 2, Model: m, Sampler: DPM++ 2M SDE Karras";
  expect(read(text)).toMatchObject({ sampler_name: "DPM++ 2M SDE", scheduler: "Karras" });
  expect(read(`${text}, Schedule type: Automatic`)).toMatchObject({
    sampler_name: "DPM++ 2M SDE Karras",
    scheduler: "Automatic",
  });
});

it("reads lines as a Windows clipboard has them", () => {
  const text = "a cat, (sharp:1.2)\r\nin the rain\r\nNegative prompt: a dog\r\n";
  expect(read(`${text}Steps: 1, Seed: 2, Model: m\r\n`)).toMatchObject({
    positive_prompt: "a cat, (sharp:1.2)\nin the rain",
    negative_prompt: "a dog",
    checkpoint_name: "m",
  });
});

it("reads a quoted value to its closing quote", () => {
  const text = 'a\nSteps: 1, Model: "we, \\"the\\" model", Sampler: Euler, Seed: 2';
  expect(read(text)).toMatchObject({ checkpoint_name: 'we, "the" model', seed: 2 });
});

it.each(["Size: 512", "CFG scale: ", "CFG scale: nan", "Clip skip: 0x2", "Eta: one"])(
  "refuses half a value instead of making up the other half: %s",
  (text) => {
    expect(GenerationParams.safeParse(read(line(text))).success).toBe(false);
  },
);

it("never throws, whatever the text", () => {
  const pairs = fc.array(fc.tuple(fc.string(), fc.string()).map(([a, b]) => `${a}: ${b}`));
  fc.assert(
    fc.property(fc.string(), pairs, (head, rest) => {
      parseInfotext(`${head}\n${rest.join(", ")}`);
    }),
  );
});
