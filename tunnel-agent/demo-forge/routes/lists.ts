import { CONTROLNET_MODELS, EMBEDDINGS, LORAS, PROMPT_STYLES } from "../catalogue.ts";
import { describeCheckpoint } from "../checkpoints.ts";
import { PythonError } from "../errors.ts";
import type { Forge } from "../forge.ts";
import flags from "../lists/cmd-flags.json" with { type: "json" };
import controlTypes from "../lists/control-types.json" with { type: "json" };
import controlModules from "../lists/controlnet-modules.json" with { type: "json" };
import latentModes from "../lists/latent-upscale-modes.json" with { type: "json" };
import samplers from "../lists/samplers.json" with { type: "json" };
import schedulers from "../lists/schedulers.json" with { type: "json" };
import scriptInfo from "../lists/script-info.json" with { type: "json" };
import scripts from "../lists/scripts.json" with { type: "json" };
import upscalers from "../lists/upscalers.json" with { type: "json" };
import { type Route, route } from "./route.ts";

const GIBIBYTE = 2 ** 30;

/** Everything that only tells what the host has. */
export const LIST_ROUTES: Route[] = [
  route("GET /sdapi/v1/samplers", () => samplers),
  route("GET /sdapi/v1/schedulers", () => schedulers),
  route("GET /sdapi/v1/upscalers", () => upscalers),
  route("GET /sdapi/v1/latent-upscale-modes", () => latentModes),
  route("GET /sdapi/v1/sd-models", ({ checkpoints }) => checkpoints.map(describeCheckpoint)),
  route("GET /sdapi/v1/sd-modules", ({ modules }) => modules),
  route("GET /sdapi/v1/prompt-styles", () => PROMPT_STYLES),
  route("GET /sdapi/v1/embeddings", () => EMBEDDINGS, { isLate: true }),
  route("GET /sdapi/v1/loras", () => LORAS, { isLate: true, isCore: false }),
  route("GET /sdapi/v1/scripts", () => scripts),
  route("GET /sdapi/v1/script-info", () => scriptInfo),
  route("GET /sdapi/v1/cmd-flags", describeFlags),
  route("GET /sdapi/v1/memory", describeMemory),
  route("POST /sdapi/v1/refresh-checkpoints", (forge) => forge.lock.run(async () => null)),
  route("GET /controlnet/model_list", () => ({ model_list: CONTROLNET_MODELS }), { isLate: true }),
  route("GET /controlnet/module_list", () => ({ module_list: controlModules }), { isLate: true }),
  route("GET /controlnet/control_types", () => ({ control_types: controlTypes }), { isLate: true }),
];

// A Forge that was given a port cannot validate its own answer, and shows it all the same.
function describeFlags({ flags: given }: Forge) {
  const { port, noHashing, noWebui, apiAuth, hasApi } = given;
  const changed = { port, no_hashing: noHashing, nowebui: noWebui, api_auth: apiAuth, api: hasApi };
  const body: Record<string, unknown> = { ...flags, ...changed };
  if (port === null) return omitUnlisted(body);
  const problem =
    "{'type': 'string_type', 'loc': ('response', 'port'), 'msg': 'Input should be a valid string', " +
    `'input': ${port}, 'url': 'https://errors.pydantic.dev/2.8/v/string_type'}`;
  throw new PythonError("ResponseValidationError", `1 validation errors:\n  ${problem}\n`, body);
}

// Two values are no flags of the command line: only the refusal, which shows all, has them.
function omitUnlisted(all: Record<string, unknown>) {
  const { disable_extension_access: _access, webui_is_non_local: _local, ...listed } = all;
  return listed;
}

// The figures of a card of 8 GiB in a computer of 32 GiB.
function describeMemory(_forge: Forge) {
  const total = 32 * GIBIBYTE;
  const used = 6 * GIBIBYTE;
  const amount = { current: 2 * GIBIBYTE, peak: 3 * GIBIBYTE };
  return {
    ram: { free: total - used, used, total },
    cuda: {
      system: { free: 5 * GIBIBYTE, used: 3 * GIBIBYTE, total: 8 * GIBIBYTE },
      active: amount,
      allocated: amount,
      reserved: amount,
      inactive: { current: 0, peak: GIBIBYTE },
      events: { retries: 0, oom: 0 },
    },
  };
}
