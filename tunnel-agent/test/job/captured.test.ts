import { readdirSync, readFileSync } from "node:fs";
import { controlNetUnits, ResolvedParams, SubmitJob, uploadsOf } from "@mobilesd/contract";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { Host } from "../../src/forge/host.ts";
import { prepare } from "../../src/job/before/prepare.ts";
import { buildRequest } from "../../src/job/request/payload.ts";
import { Picture } from "../../src/picture.ts";
import { hostWith } from "./request/lab-host.ts";

const GOLDEN = new URL("../../../test/golden/capture/", import.meta.url);

/** The parameters that the Forge extension makes of a screen, as the queue stores them. */
function capturedIn(name: string): ResolvedParams {
  const message = SubmitJob.parse(JSON.parse(readFileSync(new URL(name, GOLDEN), "utf8")));
  return ResolvedParams.parse(message.generation_params);
}

/** A checkpoint by the name under which it was captured: a file's, or a title with a hash. */
function checkpointOf(given: string) {
  const [, stem = given, hash = null] = /^(.*?)(?: \[([0-9a-f]{10})\])?$/.exec(given) ?? [];
  const name = /\.\w+$/.test(stem) ? stem : `${stem}.safetensors`;
  const basename = name.replace(/^.*\//, "").replace(/\.\w+$/, "");
  return { name, basename, hash, sha256: null };
}

/** The Forge on whose page the job was captured: it has all that is named, and its options are those seen. */
function hostOf(params: ResolvedParams): Host {
  const host = hostWith(params.settings ?? {});
  const { catalogue } = host;
  const { hires, refiner, alwayson_scripts: alwaysOn = {}, script, styles } = params;
  const named = [params.checkpoint_name, refiner?.checkpoint_name, hires?.checkpoint_name];
  const units = controlNetUnits(alwaysOn).filter((unit) => unit.enabled);
  const loras = [params.positive_prompt, hires?.prompt ?? ""].join(" ").matchAll(/<lora:([^:>]+)/g);
  const scripts = [
    ...Object.entries(alwaysOn).map(([title, one]) => ({ title, ...one, is_alwayson: true })),
    ...(script ? [{ title: script.name, ...script, is_alwayson: false }] : []),
  ];
  const isUsed = (name: string) => scripts.some(({ title }) => title.toLowerCase() === name);
  return {
    ...host,
    catalogue: {
      ...catalogue,
      checkpoints: named.filter((one) => one !== undefined).map(checkpointOf),
      modules: [...(params.modules ?? []), ...(hires?.modules ?? [])],
      loras: [...loras].map(([, name = ""]) => ({ name, alias: name })),
      styles,
      samplers: [params.sampler_name, hires?.sampler_name].filter((one) => one !== undefined),
      schedulers: [params.scheduler, hires?.scheduler]
        .filter((one) => one !== undefined)
        .map((label) => ({ name: label.toLowerCase(), label })),
      controlnet_models: ["None", ...units.map((unit) => unit.model)],
      controlnet_modules: ["None", ...units.map((unit) => unit.module)],
      scripts: [
        ...catalogue.scripts.filter(({ name }) => !isUsed(name)),
        ...scripts.map(({ title, is_alwayson, arg_labels = [] }) => ({
          name: title.toLowerCase(),
          is_alwayson,
          is_img2img: params.img2img !== undefined,
          arg_labels,
        })),
      ],
    },
  };
}

/** Bright in the middle of black: it does for a picture as for a mask. */
async function pictureFor(): Promise<Picture> {
  const square = { create: { width: 32, height: 32, channels: 3, background: "#fff" } } as const;
  const bytes = await sharp(square)
    .extend({ top: 16, left: 16, bottom: 16, right: 16, background: "#000" })
    .toColourspace("b-w")
    .png()
    .toBuffer();
  return new Picture(bytes);
}

async function run(params: ResolvedParams, host = hostOf(params)) {
  const uploads = new Map<string, Picture>();
  for (const { upload_id } of uploadsOf(params)) uploads.set(upload_id, await pictureFor());
  const checkpoint = checkpointOf(params.checkpoint_name).name;
  const preparation = await prepare(params, checkpoint, host, uploads);
  if (!preparation.ok) return preparation;
  const { prepared } = preparation;
  const { own } = host.options;
  const facts = { taskId: "task(x)", prepared, own, keepsOverrides: false };
  return { ok: true as const, uploads, request: buildRequest(params, facts) };
}

/** A value of the job as it must arrive: pictures in place of their ids. */
function arrived(value: unknown, uploads: ReadonlyMap<string, Picture>): unknown {
  if (Array.isArray(value)) return value.map((one) => arrived(one, uploads));
  if (typeof value !== "object" || value === null) return value;
  if ("upload_id" in value) return uploads.get(String(value.upload_id));
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, arrived(one, uploads)]),
  );
}

describe("a job that was captured on a Forge's page", () => {
  it.each(readdirSync(GOLDEN))(
    "runs on that Forge with every value as captured: %s",
    async (name) => {
      const params = capturedIn(name);
      const done = await run(params);
      if (!done.ok) throw new Error(done.failure.message);
      const { body, overrides, path } = done.request;
      expect(path).toBe(`/sdapi/v1/${params.img2img ? "img2img" : "txt2img"}`);
      expect(overrides).toMatchObject({
        ...params.settings,
        sd_model_checkpoint: checkpointOf(params.checkpoint_name).name,
        CLIP_stop_at_last_layers: params.clip_skip,
        ...(params.modules && { forge_additional_modules: params.modules }),
      });
      const { positive_prompt: prompt, seed, subseed, styles, width, height, n_iter } = params;
      expect(body).toMatchObject({ prompt, seed, subseed, styles, width, height, n_iter });
      for (const [title, { args }] of Object.entries(params.alwayson_scripts ?? {})) {
        const sent = (body.alwayson_scripts as Record<string, { args: unknown[] }>)[
          title.toLowerCase()
        ];
        expect(sent?.args).toHaveLength(args.length);
        expect(sent?.args).toMatchObject(arrived(args, done.uploads) as unknown[]);
      }
      if (params.script) {
        expect(body).toMatchObject({
          script_name: params.script.name.toLowerCase(),
          script_args: params.script.args,
        });
      }
    },
  );

  it("is refused by a sentence where an extension's arguments are others by now", async () => {
    const params = capturedIn("adetailer.json");
    const host = hostOf(params);
    const scripts = host.catalogue.scripts.map((one) =>
      one.name === "adetailer" ? { ...one, arg_labels: ["Enable ADetailer", null, null] } : one,
    );
    const found = await run(params, { ...host, catalogue: { ...host.catalogue, scripts } });
    expect(found).toMatchObject({
      ok: false,
      failure: {
        reason: "script_changed",
        field: "alwayson_scripts.ADetailer.args",
        message: expect.stringContaining('"ADetailer" on this server has one without a label'),
      },
    });
  });
});
