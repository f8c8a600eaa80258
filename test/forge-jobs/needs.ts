/** What a job of the table needs of a Forge beside one checkpoint, in the words of the report. */
export const NEEDS = {
  other: "a second checkpoint that runs without further modules",
  lora: "a LoRA that changes what the selected checkpoint draws",
  styles: "two prompt styles of plain words, one of them around {prompt} and with a negative one",
  vae: "a VAE file in its VAE folder, other than the one of Flux",
  latentUpscaler: 'the latent upscaler "Latent (nearest-exact)"',
  imageUpscaler: 'the upscaler "Lanczos"',
  controlNet: 'ControlNet with the preprocessor "reference_only"',
  patchScripts: 'the always-on scripts "FreeU Integrated" and "SelfAttentionGuidance Integrated"',
} as const;

/** One need. */
export type Need = keyof typeof NEEDS;
