import { IMAGE_UPSCALER, LATENT_UPSCALER } from "../lab.ts";
import type { Row } from "./row.ts";

/** The first of them is what the others are variations of. */
const PLAIN: Row = {
  name: "txt2img",
  needs: [],
  queued: () => ({}),
  direct: () => ({}),
};

const FIRST_PASS: readonly Row[] = [
  {
    name: "txt2img with a negative prompt, its own CFG, clip skip and scheduler",
    needs: [],
    queued: () => ({
      negative_prompt: "a blue ball, (fog:1.2)",
      cfg_scale: 4.5,
      clip_skip: 2,
      sampler_name: "DPM++ 2M SDE",
      scheduler: undefined,
      scheduler_or_quality_preset: "Karras",
      steps: 3,
    }),
    direct: () => ({
      negative_prompt: "a blue ball, (fog:1.2)",
      cfg_scale: 4.5,
      sampler_name: "DPM++ 2M SDE",
      scheduler: "karras",
      steps: 3,
      override_settings: { CLIP_stop_at_last_layers: 2 },
    }),
  },
  {
    name: "txt2img with a variation of its seed, and the seed of another size",
    needs: [],
    queued: () => ({
      seed: 77,
      subseed: 9,
      subseed_strength: 0.4,
      seed_resize_from_w: 96,
      seed_resize_from_h: 128,
      tiling: true,
    }),
    direct: () => ({
      seed: 77,
      subseed: 9,
      subseed_strength: 0.4,
      seed_resize_from_w: 96,
      seed_resize_from_h: 128,
      tiling: true,
    }),
  },
  {
    name: "a batch of 2 times 2",
    needs: [],
    queued: () => ({ batch_size: 2, n_iter: 2, seed: 40 }),
    direct: () => ({ batch_size: 2, n_iter: 2, seed: 40 }),
  },
  {
    name: "styles",
    needs: ["styles"],
    queued: ({ lab }) => ({ styles: lab.styles }),
    direct: ({ lab }) => ({ styles: lab.styles }),
  },
  {
    name: "a LoRA",
    needs: ["lora"],
    queued: ({ lab }) => ({ positive_prompt: `a red cube <lora:${lab.lora}:0.8>` }),
    direct: ({ lab }) => ({ prompt: `a red cube <lora:${lab.lora}:0.8>` }),
  },
  {
    name: "another checkpoint",
    needs: ["other"],
    queued: ({ lab }) => ({ checkpoint_name: lab.other.base }),
    direct: ({ lab }) => ({ override_settings: { sd_model_checkpoint: lab.other.title } }),
  },
  {
    name: "a refiner",
    needs: ["other"],
    queued: ({ lab }) => ({
      steps: 4,
      refiner: { checkpoint_name: lab.other.base, switch_at: 0.5 },
    }),
    direct: ({ lab }) => ({
      steps: 4,
      refiner_checkpoint: lab.other.title,
      refiner_switch_at: 0.5,
    }),
  },
  {
    name: "a VAE, and settings",
    needs: ["vae"],
    queued: ({ lab }) => ({
      positive_prompt: "a (red:1.3) cube",
      sampler_name: "Euler a",
      eta: 0.9,
      modules: [lab.vae],
      settings: { eta_noise_seed_delta: 31337, emphasis: "No norm", randn_source: "NV" },
    }),
    direct: ({ lab }) => ({
      prompt: "a (red:1.3) cube",
      sampler_name: "Euler a",
      eta: 0.9,
      override_settings: {
        forge_additional_modules: [lab.vae],
        eta_noise_seed_delta: 31337,
        emphasis: "No norm",
        randn_source: "NV",
      },
    }),
  },
];

const HIRES: readonly Row[] = [
  {
    name: "hires fix with a latent upscaler",
    needs: ["latentUpscaler"],
    queued: () => ({
      hires: { scale: 2, upscaler: LATENT_UPSCALER, denoising_strength: 0.6 },
    }),
    direct: () => ({
      enable_hr: true,
      hr_scale: 2,
      hr_upscaler: LATENT_UPSCALER,
      hr_second_pass_steps: 0,
      denoising_strength: 0.6,
      hr_cfg: 7,
      hr_additional_modules: ["Use same choices"],
    }),
  },
  {
    name: "hires fix with an image upscaler and its own steps, sampler, CFG and prompts",
    needs: ["imageUpscaler"],
    queued: () => ({
      hires: {
        width: 96,
        height: 128,
        upscaler: IMAGE_UPSCALER,
        steps: 3,
        denoising_strength: 0.5,
        sampler_name: "Euler a",
        scheduler: "Exponential",
        cfg_scale: 4,
        prompt: "a green cube",
        negative_prompt: "fog",
      },
    }),
    direct: () => ({
      enable_hr: true,
      hr_resize_x: 96,
      hr_resize_y: 128,
      hr_upscaler: IMAGE_UPSCALER,
      hr_second_pass_steps: 3,
      denoising_strength: 0.5,
      hr_sampler_name: "Euler a",
      hr_scheduler: "Exponential",
      hr_cfg: 4,
      hr_prompt: "a green cube",
      hr_negative_prompt: "fog",
      hr_additional_modules: ["Use same choices"],
    }),
  },
  {
    name: "hires fix with another checkpoint and a VAE",
    needs: ["other", "vae"],
    queued: ({ lab }) => ({
      hires: {
        scale: 1.5,
        denoising_strength: 0.7,
        checkpoint_name: lab.other.base,
        modules: [lab.vae],
      },
    }),
    direct: ({ lab }) => ({
      enable_hr: true,
      hr_scale: 1.5,
      hr_upscaler: "Latent",
      denoising_strength: 0.7,
      hr_cfg: 7,
      hr_checkpoint_name: lab.other.title,
      hr_additional_modules: [lab.vae],
    }),
  },
];

/** Jobs without an input picture: each repeats bit for bit. */
export const TXT2IMG: readonly Row[] = [PLAIN, ...FIRST_PASS, ...HIRES];
