import type { Case } from "./case.ts";

const CHECKPOINT = "#quicksettings .model_selection";
const CLIP_SKIP = '#quicksettings .gradio-slider:has-text("Clip skip")';

/** The first of them is what the others are variations of. */
const PLAIN: Case = {
  name: "txt2img, plain",
  tab: "txt2img",
  needs: [],
  async set(screen) {
    await screen.set({ neg_prompt: "a blue ball" });
    await screen.choose("#txt2img_sampling", "DPM++ 2M");
    await screen.choose("#txt2img_scheduler", "Karras");
  },
  shows: () => ({
    kind: "StableDiffusionProcessingTxt2Img",
    fields: {
      prompt: "a red cube on a table",
      negative_prompt: "a blue ball",
      seed: 7,
      steps: 2,
      width: 64,
      height: 64,
      cfg_scale: 5,
      sampler_name: "DPM++ 2M",
      scheduler: "Karras",
    },
  }),
};

const OTHER_CHECKPOINT: Case = {
  name: "txt2img, another checkpoint than the loaded one",
  tab: "txt2img",
  needs: ["other"],
  set: (screen, { other }) => screen.choose(CHECKPOINT, other),
  holds: ({ other }) => ({ sd_model_checkpoint: other }),
  shows: ({ other }) => ({ model: { checkpoint: other } }),
};

const HIRES: Case = {
  name: "txt2img, hires fix with its own sampler, prompt and CFG",
  tab: "txt2img",
  needs: [],
  async set(screen) {
    await screen.switchOn("#txt2img_hr");
    await screen.choose("#txt2img_hr_upscaler", "Latent (nearest-exact)");
    await screen.set({ hires_steps: 3, denoising_strength: 0.6, hr_scale: 1.5, hr_cfg: 4 });
    await screen.choose("#hr_sampler", "Euler a");
    await screen.choose("#hr_scheduler", "Exponential");
    await screen.setAt("#hires_prompt", "a green cube");
    await screen.setAt("#hires_neg_prompt", "fog");
  },
  shows: () => ({
    fields: {
      enable_hr: true,
      hr_upscaler: "Latent (nearest-exact)",
      hr_second_pass_steps: 3,
      denoising_strength: 0.6,
      hr_scale: 1.5,
      hr_cfg: 4,
      hr_sampler_name: "Euler a",
      hr_scheduler: "Exponential",
      hr_prompt: "a green cube",
      hr_negative_prompt: "fog",
    },
  }),
};

const HIRES_TO_SIZE: Case = {
  name: "txt2img, hires fix to a size",
  tab: "txt2img",
  needs: [],
  async set(screen) {
    await screen.switchOn("#txt2img_hr");
    await screen.set({ hr_resize_x: 96, hr_resize_y: 128, denoising_strength: 0.5 });
  },
  shows: () => ({ fields: { enable_hr: true, hr_resize_x: 96, hr_resize_y: 128 } }),
};

const REFINER: Case = {
  name: "txt2img, refiner",
  tab: "txt2img",
  needs: ["other"],
  async set(screen, { otherBase }) {
    await screen.set({ steps: 4 });
    await screen.switchOn("#txt2img_enable");
    await screen.choose("#txt2img_checkpoint", otherBase);
    await screen.set({ switch_at: 0.5 });
  },
  shows: ({ otherBase }) => ({ fields: { refiner_checkpoint: otherBase, refiner_switch_at: 0.5 } }),
};

const STYLES: Case = {
  name: "txt2img, styles",
  tab: "txt2img",
  needs: ["styles"],
  set: (screen, { styles }) => screen.choose("#txt2img_styles", ...styles),
  shows: ({ styles }) => ({ fields: { styles } }),
};

const LORA: Case = {
  name: "txt2img, a LoRA",
  tab: "txt2img",
  needs: ["lora"],
  set: (screen, { lora }) => screen.set({ prompt: `a red cube on a table <lora:${lora}:0.8>` }),
  shows: ({ lora }) => ({ fields: { prompt: `a red cube on a table <lora:${lora}:0.8>` } }),
};

const SEED_EXTRAS: Case = {
  name: "txt2img, a variation of the seed and the seed of a size that is not square",
  tab: "txt2img",
  needs: [],
  async set(screen) {
    await screen.tick("#txt2img_subseed_show");
    await screen.set({ subseed: 9, subseed_strength: 0.4 });
    await screen.set({ seed_resize_from_w: 96, seed_resize_from_h: 128 });
  },
  shows: () => ({
    fields: { subseed: 9, subseed_strength: 0.4, seed_resize_from_w: 96, seed_resize_from_h: 128 },
  }),
};

/** A setting of another picture, pasted as a person pastes it: what is no field of the page becomes an override. */
const PASTED = "a blue ball\nSteps: 2, ENSD: 31337, Emphasis: No norm";

const CLIP_SKIP_AND_OVERRIDE: Case = {
  name: "txt2img, clip skip and override settings",
  tab: "txt2img",
  needs: [],
  async set(screen) {
    await screen.set({ prompt: PASTED });
    await screen.press("#txt2img_tools #paste");
    await screen.seeChosen("#txt2img_override_settings", "ENSD: 31337", "Emphasis: No norm");
    await screen.setAt(CLIP_SKIP, 2);
    await screen.choose("#txt2img_sampling", "Euler a");
  },
  holds: () => ({ CLIP_stop_at_last_layers: 2 }),
  shows: () => ({
    fields: {
      prompt: "a blue ball",
      override_settings: { eta_noise_seed_delta: 31337, emphasis: "No norm" },
    },
    options: { CLIP_stop_at_last_layers: 2 },
  }),
};

const BATCH: Case = {
  name: "txt2img, a batch of 2 times 2",
  tab: "txt2img",
  needs: [],
  set: (screen) => screen.set({ batch_count: 2, batch_size: 2 }),
  shows: () => ({ fields: { n_iter: 2, batch_size: 2 } }),
};

export const TXT2IMG: readonly Case[] = [
  PLAIN,
  OTHER_CHECKPOINT,
  HIRES,
  HIRES_TO_SIZE,
  REFINER,
  STYLES,
  LORA,
  SEED_EXTRAS,
  CLIP_SKIP_AND_OVERRIDE,
  BATCH,
];
