import type { Body, Chapter, Scenario, Seen } from "../loss.ts";
import type { Lists } from "../lying-forge.ts";
import { overridesOf } from "./requests.ts";

const PONY = "Pony/cyberrealisticPony_v8.safetensors";

/** What the last request to Forge overrode. */
const overrode = ({ sent }: Seen, name: string) => overridesOf(sent.at(-1) ?? {})[name];

/** A name that the server does not have: refused once the queue knows its lists, or by its agent. */
const unknown = (field: string, job: Body): Scenario[] => [
  { where: "queued", outcome: "400 unknown_name", field, job },
  { where: "before", outcome: "failed: missing_name", field, job, server: {} },
];

/** Something that Forge itself puts in the place of what was asked for. */
const replaced = (field: string, job: Body, asks: (request: Body) => void): Scenario => ({
  where: "after",
  outcome: "failed: not_as_asked",
  field,
  job,
  lie: { asks },
});

/** A second file of one name. */
const LISTS: Lists = {
  "/sdapi/v1/sd-models": (models: Body[]) => [
    ...models,
    {
      title: "Old/demoFlux_dev_fp8.safetensors",
      model_name: "Old_demoFlux_dev_fp8",
      hash: null,
      sha256: null,
      filename: "DEMO_FORGE/models/Stable-diffusion/Old/demoFlux_dev_fp8.safetensors",
      config: null,
    },
  ],
};

export const NAMES: Chapter = {
  name: "names",
  title: "Models and other names",
  lists: LISTS,
  losses: [
    {
      wish: "a checkpoint that the server does not have, or in another spelling",
      forge: "takes the model that is selected",
      scenarios: [
        {
          where: "queued",
          outcome: "400 unknown_name",
          field: "checkpoint_name",
          job: { checkpoint_name: "Pony/CyberrealisticPony_v8.safetensors" },
        },
        {
          where: "before",
          because: "the job waits until the file is there",
          outcome: "pending: missing_checkpoint",
          job: { checkpoint_name: "notThere_v1.safetensors" },
          server: {},
        },
        {
          where: "after",
          outcome: "failed: wrong_model",
          field: "checkpoint_name",
          job: {},
          lie: { asks: (request) => void delete overridesOf(request).sd_model_checkpoint },
        },
      ],
    },
    {
      wish: "a checkpoint written with `\\`, with its ending, or as Forge's `folder_name`",
      forge: "takes the model that is selected, for most of them",
      scenarios: [
        {
          where: "never",
          because: "Forge is given its own name of the file",
          outcome: "completed",
          job: { checkpoint_name: "Pony\\cyberrealisticPony_v8.safetensors" },
          shows: (seen) => [overrode(seen, "sd_model_checkpoint"), PONY],
        },
        {
          where: "never",
          because: "Forge is given its own name of the file",
          outcome: "completed",
          job: { checkpoint_name: "cyberrealisticPony_v8.safetensors" },
          shows: (seen) => [overrode(seen, "sd_model_checkpoint"), PONY],
        },
      ],
    },
    {
      wish: "a checkpoint whose name two files have",
      forge: "takes the one that it listed last",
      scenarios: [
        {
          where: "queued",
          outcome: "400 ambiguous_name",
          field: "checkpoint_name",
          job: { checkpoint_name: "demoFlux_dev_fp8" },
        },
      ],
    },
    {
      wish: "a checkpoint whose file became another one under the same name",
      forge: "takes the new file",
      scenarios: [
        {
          where: "after",
          outcome: "failed: wrong_model",
          field: "checkpoint_name",
          job: {},
          lie: {
            answers: (answer) => {
              answer.info = String(answer.info).replace(
                /"sd_model_hash": "\w+"/,
                '"sd_model_hash": "0123456789"',
              );
            },
          },
        },
      ],
    },
    {
      wish: "a checkpoint without VAE and text encoders, and no `modules`",
      forge: "fails after the load, and then with every model until another one was loaded",
      scenarios: [
        {
          where: "before",
          outcome: "failed: modules_missing",
          field: "modules",
          job: { checkpoint_name: "Flux/demoFlux_unet_Q8.gguf" },
        },
      ],
    },
    {
      wish: "a VAE or text encoder that the server does not have",
      forge: "leaves it out, and repeats its name as if it had not",
      scenarios: [
        ...unknown("modules", { modules: ["notThere_vae"] }),
        {
          where: "after",
          outcome: "failed: not_as_asked",
          field: "modules",
          job: { modules: ["demo_vae"] },
          lie: {
            asks: (request) => {
              overridesOf(request).forge_additional_modules = [];
            },
            answers: (answer, asked) => {
              (answer.parameters as Body).override_settings = overridesOf(asked);
            },
          },
        },
      ],
    },
    {
      wish: "a sampler that the server does not have, in another case, or by an alias",
      forge: "takes DPM++ 2M with Karras",
      scenarios: [
        ...unknown("sampler_name", { sampler_name: "Euler A" }),
        replaced("sampler_name", {}, (request) => {
          request.sampler_name = "k_euler_a";
        }),
      ],
    },
    {
      wish: "a scheduler that the server does not have",
      forge: "takes the sampler's own",
      scenarios: [
        ...unknown("scheduler", { scheduler: "Karas" }),
        replaced("scheduler", { scheduler: "Karras" }, (request) => {
          request.scheduler = "Exponential";
        }),
      ],
    },
    {
      wish: "a quality or scheduler that is neither",
      forge: "has no such field",
      scenarios: [
        {
          where: "queued",
          outcome: "400 unknown_name",
          field: "scheduler_or_quality_preset",
          job: { scheduler_or_quality_preset: "Best" },
        },
      ],
    },
    {
      wish: "a style that the server does not have",
      forge: "leaves it out, and repeats its name as if it had not",
      scenarios: [
        ...unknown("styles", { styles: ["Oil painting"] }),
        {
          where: "unproved",
          because: "a style that was deleted in the last minutes; the infotext lacks its words",
          outcome: "completed",
          job: { styles: ["Demo sunset"] },
          lie: {
            asks: (request) => {
              request.styles = [];
            },
          },
        },
      ],
    },
    {
      wish: "an upscaler for hires fix that the server does not have",
      forge: "fails when half of the work is done",
      scenarios: unknown("hires.upscaler", { hires: { upscaler: "4x-UltraSharp" } }),
    },
    {
      wish: "for hires fix or refiner, a part of a checkpoint's name",
      forge: "takes whichever file has the part in its name",
      scenarios: [
        ...unknown("refiner.checkpoint_name", {
          refiner: { checkpoint_name: "demo", switch_at: 0.5 },
        }),
        ...unknown("hires.checkpoint_name", { hires: { checkpoint_name: "demoPainter" } }),
      ],
    },
    {
      wish: 'for hires fix, "Use same sampler", as Forge\'s page has it',
      forge: "fails when half of the work is done",
      scenarios: [
        {
          where: "queued",
          outcome: "400 invalid_request",
          field: "hires.sampler_name",
          job: { hires: { sampler_name: "Use same sampler" } },
        },
      ],
    },
    {
      wish: "a script that the server does not have, or that its owner does not allow",
      forge: "refuses it, or runs whatever the script does with the box's files",
      scenarios: unknown("script.name", { script: { name: "Prompts from file", args: [] } }),
    },
    {
      wish: "X/Y/Z plot",
      forge: "makes any number of pictures in one job",
      scenarios: [
        {
          where: "queued",
          outcome: "400 invalid_request",
          field: "script.name",
          job: { script: { name: "X/Y/Z plot", args: [] } },
        },
      ],
    },
    {
      wish: "Prompts from file or textbox",
      forge: "keeps pictures wherever a line of its text says",
      scenarios: [
        {
          where: "queued",
          outcome: "400 invalid_request",
          field: "script.name",
          job: { script: { name: "Prompts from file or textbox", args: [] } },
        },
      ],
    },
    {
      wish: "an always-on script that the server does not have",
      forge: "refuses it",
      scenarios: unknown("alwayson_scripts.Tiled VAE", {
        alwayson_scripts: { "Tiled VAE": { args: [true] } },
      }),
    },
  ],
};
