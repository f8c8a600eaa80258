import { exchange, type Group } from "./case.ts";

const ROUTES = [
  "sdapi-v1-options",
  "sdapi-v1-progress",
  "sdapi-v1-sd-models",
  "sdapi-v1-sd-modules",
  "sdapi-v1-loras",
  "sdapi-v1-embeddings",
  "sdapi-v1-cmd-flags",
  "controlnet-model_list",
  "internal-ping",
  "internal-pending-tasks",
  "internal-progress",
  "internal-progress-post",
  "txt2img",
];

/** Which routes answer without `--api`. */
export const NO_API: Group = {
  name: "noapi",
  needs: ["noApi"],
  cases: ROUTES.map((route) => exchange(`noapi/${route}`)),
};

/** Which routes answer without the page. */
export const NO_WEBUI: Group = {
  name: "nowebui",
  needs: ["noPage", "port"],
  cases: ROUTES.map((route) => exchange(`nowebui/${route}`)),
};
