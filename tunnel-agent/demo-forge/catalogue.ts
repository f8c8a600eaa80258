import { createHash } from "node:crypto";
import type { Checkpoint } from "./checkpoints.ts";
import type { Module } from "./modules.ts";

/** What it says to everybody who asks. */
export const DEMO_TITLE = "Demo Forge (a stand-in, not Stable Diffusion)";

/** What this build calls itself in every infotext. */
export const DEMO_VERSION = "demo-forge-1.0";

/** Times of a mid-range computer: a file of 2, 6.5 and 12 gigabytes from an SSD. */
const LOAD_MS = { sd1: 2000, sdxl: 5000, flux: 9000 };

/** The checkpoints as they are after a start: none hashed yet. The first is the chosen one. */
export function createCheckpoints(): Checkpoint[] {
  return [
    createCheckpoint("demoPainter_v1.safetensors", "sd1"),
    createCheckpoint("Flux/demoFlux_dev_fp8.safetensors", "flux"),
    createCheckpoint("Flux/demoFlux_unet_Q8.gguf", "flux", true),
    createCheckpoint("Pony/cyberrealisticPony_v8.safetensors", "sd1"),
    createCheckpoint("SDXL/demoSceneryXL_v3.safetensors", "sdxl"),
  ];
}

function createCheckpoint(
  name: string,
  architecture: Checkpoint["architecture"],
  isUnetOnly = false,
): Checkpoint {
  const sha256 = createHash("sha256").update(`demo-forge ${name}`).digest("hex");
  const loadMs = LOAD_MS[architecture];
  return { name, sha256, isHashed: false, architecture, isUnetOnly, loadMs };
}

/** Answer of GET /sdapi/v1/loras. */
export const LORAS = ["demo_glow", "demo_ink"].map((name) => ({
  name,
  alias: name.replace("_", " "),
  path: `DEMO_FORGE/models/Lora/${name}.safetensors`,
  metadata: {
    "modelspec.architecture": "stable-diffusion-v1/lora",
    "modelspec.title": `Demo LoRA ${name}`,
    ss_base_model_version: "sd_v1",
    ss_output_name: name.replace("_", " "),
  },
}));

/** The hash that infotexts show for a LoRA. */
export function getLoraHash(name: string): string {
  return createHash("sha256").update(`demo-forge lora ${name}`).digest("hex").slice(0, 12);
}

const EMBEDDING = { step: null, sd_checkpoint: null, sd_checkpoint_name: null, vectors: 2 };

/** Answer of GET /sdapi/v1/embeddings. */
export const EMBEDDINGS = {
  loaded: {
    demo_negative: { ...EMBEDDING, shape: 768 },
    demo_style: { ...EMBEDDING, shape: 768 },
  },
  skipped: {},
};

/** VAEs and text encoders: answer of GET /sdapi/v1/sd-modules. */
export const MODULES: readonly Module[] = [
  ["demo_vae.safetensors", "VAE"],
  ["ae.safetensors", "VAE"],
  ["clip_l.safetensors", "text_encoder"],
  ["t5xxl_fp8_e4m3fn.safetensors", "text_encoder"],
].map(([file = "", folder = ""]) => ({
  model_name: file,
  filename: `DEMO_FORGE/models/${folder}/${file}`,
}));

/** Answer of GET /sdapi/v1/prompt-styles, with Forge's separator row. */
export const PROMPT_STYLES = [
  {
    name: "---------------- STYLES ----------------",
    prompt: null,
    negative_prompt: null,
  },
  {
    name: "Demo oil painting",
    prompt: "oil painting, {prompt}, detailed",
    negative_prompt: "blurry",
  },
  { name: "Demo sunset", prompt: "sunset", negative_prompt: "" },
];

/** Answer of GET /controlnet/model_list. */
export const CONTROLNET_MODELS = ["None", "demo_canny [de300001]", "demo_depth [de300002]"];
