import type { Body, Chapter, Job, Scenario } from "../loss.ts";
import { overridesOf } from "./requests.ts";

const invalid = (field: string, job: Job): Scenario => ({
  where: "queued",
  outcome: "400 invalid_request",
  field,
  job,
});

const HIRES = { scale: 2, upscaler: "Lanczos", denoising_strength: 0.5 };

/** A part of a job that Forge is made to take otherwise. */
const otherwise = (field: string, job: Job, asks: (request: Body) => void): Scenario => ({
  where: "after",
  outcome: "failed: not_as_asked",
  field,
  job,
  lie: { asks },
});

/** An override that Forge repeats as if it had taken it over. */
const repeated = (field: string, job: Job, name: string, value: unknown): Scenario => ({
  ...otherwise(field, job, (request) => {
    overridesOf(request)[name] = value;
  }),
  lie: {
    asks: (request) => {
      overridesOf(request)[name] = value;
    },
    answers: (answer, asked) => {
      (answer.parameters as Body).override_settings = overridesOf(asked);
    },
  },
});

export const NUMBERS: Chapter = {
  name: "numbers",
  title: "Numbers, hires fix, refiner and settings",
  losses: [
    {
      wish: "a side that is no multiple of 8",
      forge: "makes a smaller picture that calls itself as large as asked for",
      scenarios: [
        invalid("width", { width: 65 }),
        {
          where: "after",
          outcome: "failed: not_as_asked",
          field: "width",
          job: {},
          lie: {
            asks: (request) => {
              request.width = 120;
            },
          },
        },
      ],
    },
    {
      wish: "0 steps, 0 pictures, a seed beyond 32 bits",
      forge: "fails in the middle of the job",
      scenarios: [
        invalid("steps", { steps: 0 }),
        invalid("batch_size", { batch_size: 0 }),
        invalid("n_iter", { n_iter: 0 }),
        invalid("seed", { seed: 2 ** 32 }),
      ],
    },
    {
      wish: "a CFG scale of NaN",
      forge: "makes a picture of one colour, and an answer that is no JSON",
      scenarios: [invalid("cfg_scale", { cfg_scale: "NaN" })],
    },
    {
      wish: "a resize mode or mask fill beyond the last one",
      forge: "takes another one",
      scenarios: [
        invalid("img2img.resize_mode", {
          img2img: { init_image: { picture: "photo" }, resize_mode: 4 },
        }),
        invalid("img2img.inpainting_fill", {
          img2img: { init_image: { picture: "photo" }, inpainting_fill: 4 },
        }),
      ],
    },
    {
      wish: "steps, CFG scale, seed, variation seed or clip skip",
      forge: "may take another one, by an extension of its owner's",
      scenarios: [
        otherwise("steps", {}, (request) => {
          request.steps = 2;
        }),
        otherwise("cfg_scale", {}, (request) => {
          request.cfg_scale = 1;
        }),
        otherwise("seed", {}, (request) => {
          request.seed = 2;
        }),
        otherwise("subseed", { subseed: 3, subseed_strength: 0.5 }, (request) => {
          request.subseed = 4;
        }),
        repeated("clip_skip", { clip_skip: 2 }, "CLIP_stop_at_last_layers", 1),
      ],
    },
    {
      wish: "hires fix",
      forge:
        "fails without half a dozen fields that its own defaults lack, or takes a CFG scale of 1",
      scenarios: [
        {
          where: "never",
          because: "Forge is given all of them",
          outcome: "completed",
          job: { hires: HIRES, cfg_scale: 5 },
          shows: ({ sent: [request = {}] }) => [
            [request.hr_cfg, request.hr_additional_modules, request.denoising_strength],
            [5, ["Use same choices"], 0.5],
          ],
        },
        otherwise("hires", { hires: HIRES }, (request) => {
          request.enable_hr = false;
        }),
        otherwise("hires.upscaler", { hires: HIRES }, (request) => {
          request.hr_upscaler = "Latent";
        }),
        otherwise("hires", { hires: HIRES }, (request) => {
          request.hr_scale = 1.5;
        }),
        otherwise(
          "hires.checkpoint_name",
          { hires: { ...HIRES, checkpoint_name: "demoPainter_v1" } },
          (request) => {
            request.hr_checkpoint_name = null;
          },
        ),
      ],
    },
    {
      wish: "hires fix whose size is no multiple of 8",
      forge: "cuts the picture, while `info` tells the size before hires fix",
      scenarios: [
        {
          where: "before",
          outcome: "completed, size_rounded",
          field: "hires",
          job: { width: 136, hires: { ...HIRES, scale: 1.3 } },
          shows: ({ view }) => [
            [view?.images[0]?.width, view?.images[0]?.height],
            [176, 160],
          ],
        },
      ],
    },
    {
      wish: "hires fix together with an input picture",
      forge: "leaves out hires fix",
      scenarios: [
        invalid("hires", { hires: HIRES, img2img: { init_image: { picture: "photo" } } }),
      ],
    },
    {
      wish: "hires fix beyond what a card can draw",
      forge: "runs out of memory after the first pass",
      scenarios: [invalid("hires", { width: 2048, hires: { ...HIRES, scale: 4 } })],
    },
    {
      wish: "a refiner",
      forge: "leaves it out for a share of 1",
      scenarios: [
        invalid("refiner.switch_at", {
          refiner: { checkpoint_name: "demoPainter_v1", switch_at: 1 },
        }),
        otherwise(
          "refiner",
          { refiner: { checkpoint_name: "demoPainter_v1", switch_at: 0.5 } },
          (request) => {
            request.refiner_checkpoint = null;
          },
        ),
        otherwise(
          "refiner.checkpoint_name",
          { refiner: { checkpoint_name: "demoPainter_v1", switch_at: 0.5 } },
          (request) => {
            request.refiner_checkpoint = "demoSceneryXL_v3";
          },
        ),
        otherwise(
          "refiner.switch_at",
          { refiner: { checkpoint_name: "demoPainter_v1", switch_at: 0.5 } },
          (request) => {
            request.refiner_switch_at = 0.25;
          },
        ),
      ],
    },
    {
      wish: "a refiner that takes over behind the last step",
      forge: "leaves it out",
      scenarios: [
        {
          where: "after",
          outcome: "completed, refiner_unused",
          field: "refiner",
          job: { steps: 4, refiner: { checkpoint_name: "demoPainter_v1", switch_at: 0.9 } },
        },
      ],
    },
    {
      wish: "restored faces",
      forge: "leaves faces as they are where its model for them cannot be loaded",
      scenarios: [
        {
          where: "unproved",
          because: "the infotext names the model all the same",
          outcome: "completed",
          job: { restore_faces: true },
        },
      ],
    },
    {
      wish: "a setting that there is not, or with a value that there is not",
      forge: "fails in the middle of the job, or keeps the value for the owner's own page",
      scenarios: [
        invalid("settings.outdir_samples", { settings: { outdir_samples: "x" } }),
        invalid("settings.randn_source", { settings: { randn_source: "TPU" } }),
        {
          where: "before",
          outcome: "failed: missing_name",
          field: "settings.beta_dist_alpha",
          job: { settings: { beta_dist_alpha: 0.5 } },
          server: {},
          lie: {
            lists: { "/sdapi/v1/options": ({ beta_dist_alpha: _, ...options }: Body) => options },
          },
        },
      ],
    },
    {
      wish: "a setting that stands on Forge's page and does nothing",
      forge: "does nothing",
      scenarios: [
        {
          where: "before",
          outcome: "failed: invalid_job",
          field: "settings.upcast_attn",
          job: { settings: { upcast_attn: true } },
        },
      ],
    },
    {
      wish: "Diffusion in Low Bits",
      forge: "takes it with the next model that it loads, for whoever uses that",
      scenarios: [
        {
          where: "before",
          outcome: "failed: invalid_job",
          field: "settings.forge_unet_storage_dtype",
          job: { settings: { forge_unet_storage_dtype: "bnb-nf4" } },
        },
      ],
    },
    {
      wish: "a setting",
      forge: "leaves out what it does not take over",
      scenarios: [
        otherwise("settings.randn_source", { settings: { randn_source: "CPU" } }, (request) => {
          delete overridesOf(request).randn_source;
        }),
      ],
    },
  ],
};
