import { exchange, type Group } from "./case.ts";

const AFTER_LOADS = [
  "samplers",
  "schedulers",
  "latent-upscale-modes",
  "upscalers",
  "sd-models",
  "sd-modules",
  "loras",
  "embeddings",
  "prompt-styles",
  "scripts",
  "script-info",
  "options",
  "memory",
  "progress",
  "controlnet-model_list",
  "controlnet-module_list",
  "controlnet-control_types",
  "internal-ping",
  "internal-pending-tasks",
];

/** What the host has, asked after a model was loaded. */
export const LISTS: Group = {
  name: "lists",
  needs: ["page", "model"],
  cases: AFTER_LOADS.map((name) => exchange(`lists/${name}`)),
};

/** The flags, which a Forge with a port refuses to tell and tells all the same. */
export const FLAGS: Group = {
  name: "lists: flags with --port",
  needs: ["page", "port"],
  cases: [exchange("lists/cmd-flags")],
};
