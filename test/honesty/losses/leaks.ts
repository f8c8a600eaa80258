import type { Body, Chapter, Job, Scenario, Seen } from "../loss.ts";
import { CANNY, draws } from "./requests.ts";

const overriddenBy = (request: Body | undefined) => Object.keys(request?.override_settings ?? {});

/** The small job right after another one: it overrides the same options, and is the very picture that it is alone. */
const pair = (because: string, after: Job): Scenario => ({
  where: "never",
  because,
  outcome: "completed",
  after,
  job: {},
  shows: ({ pictures, alone, sent: [before, own] }) => [
    [pictures[0]?.equals(alone), overriddenBy(own)],
    [true, overriddenBy(before)],
  ],
});

const EVERY_OPTION = "every job sends every option, with the owner's value where it asks for none";

const leak = (of: string, after: Job): Scenario => ({ ...pair(EVERY_OPTION, after), of });

const SETTINGS = { emphasis: "No norm", eta_noise_seed_delta: 31_337, sgm_noise_multiplier: true };

const EVERYTHING = {
  modules: ["demo_vae"],
  clip_skip: 2,
  s_noise: 1.05,
  settings: { ...SETTINGS, uni_pc_order: 2, randn_source: "CPU" },
};

/** The fields of a request by which one job could reach into the next, or into the owner's folders. */
const FORBIDDEN = [
  "infotext",
  "disable_extra_networks",
  "firstpass_image",
  "do_not_save_samples",
  "override_settings_restore_afterwards",
] as const;

const forbiddenOf = ({ sent: [request = {}] }: Seen) =>
  FORBIDDEN.filter((name) => request[name] !== undefined && request[name] !== true);

export const LEAKS: Chapter = {
  name: "leaks",
  title: "From one job to the next, and to the person at Forge",
  losses: [
    {
      wish: "a job after one with another checkpoint, VAE, clip skip, ENSD, settings, sampler options or hires fix",
      forge: "keeps an option that its config does not hold for whatever comes next",
      scenarios: [
        leak("another checkpoint", { checkpoint_name: "demoSceneryXL_v3" }),
        leak("a VAE", { modules: ["demo_vae"] }),
        leak("clip skip", { clip_skip: 2 }),
        leak("ENSD and other settings", { settings: SETTINGS }),
        leak("sampler options", { s_noise: 1.05, s_churn: 2, sampler_name: "Euler" }),
        leak("hires fix and a model of its own", {
          hires: { scale: 2, upscaler: "Lanczos", checkpoint_name: "demoPainter_v1", modules: [] },
        }),
      ],
    },
    {
      wish: "a job after one with a LoRA",
      forge: "keeps it where the request says `disable_extra_networks`",
      scenarios: [pair("no job says so", { positive_prompt: "a red cube <lora:demo_ink:0.8>" })],
    },
    {
      wish: "a job after one with styles, a refiner, tiling, ControlNet or a script",
      forge: "keeps none of them",
      scenarios: [
        pair("no job leaves them to Forge", {
          styles: ["Demo oil painting"],
          tiling: true,
          restore_faces: true,
          refiner: { checkpoint_name: "demoPainter_v1", switch_at: 0.5 },
        }),
        pair("no job leaves them to Forge", {
          alwayson_scripts: {
            ControlNet: { args: [CANNY] },
            "FreeU Integrated (SD 1.x, SD 2.x, SDXL)": {
              args: [true, 1.01, 1.02, 0.99, 0.95, 0, 1],
            },
          },
        }),
      ],
    },
    {
      wish: "any job on a Forge that somebody also uses by hand",
      forge: "leaves the job's options in its page",
      scenarios: [
        {
          where: "never",
          because: "what Forge does not put back by itself the agent puts back",
          outcome: "completed",
          of: "options that it never stored",
          job: EVERYTHING,
          server: { isFresh: true },
          shows: ({ changedOptions }) => [changedOptions, []],
        },
        {
          where: "never",
          because: "what a job changes stands on the agent's disk before Forge hears of it",
          outcome: "completed",
          of: "an agent that was killed in the middle of the job",
          job: EVERYTHING,
          server: { isFresh: true, isKilled: true },
          shows: ({ changedOptions }) => [changedOptions, []],
        },
      ],
    },
    {
      wish: "any job on a Forge that its owner calls dedicated",
      forge: "moves a model twice for each job that overrides it",
      scenarios: [
        {
          where: "never",
          because: "the model stays selected, and nothing else",
          outcome: "completed",
          job: EVERYTHING,
          server: { isFresh: true, isDedicated: true },
          shows: ({ changedOptions }) => [
            changedOptions,
            ["sd_model_checkpoint", "forge_additional_modules"],
          ],
        },
      ],
    },
    {
      wish: "a job that is tried again",
      forge: "calls an id completed that it has seen before",
      scenarios: [
        {
          where: "never",
          because: "every try has an id of its own",
          outcome: "completed",
          job: {},
          fault: { error500: 1 },
          shows: ({ sent }) => [new Set(sent.map((request) => request.force_task_id)).size, 2],
        },
      ],
    },
    {
      wish: "a job after one that failed inside Forge",
      forge: "goes on calling the failed one active",
      scenarios: [
        {
          where: "never",
          because: "a job is asked for by its own id",
          outcome: "completed",
          job: {},
          owner: draws({ steps: 0, force_task_id: "task(failed)" }),
          shows: ({ view }) => [view?.retry_count, 0],
        },
      ],
    },
    {
      wish: "two jobs at once",
      forge: "begins the second before the first is answered, with its options",
      scenarios: [
        {
          where: "never",
          because:
            "a second is handed over early only where it overrides the same options, and no third is",
          outcome: "completed",
          after: { seed: 7 },
          job: {},
          shows: ({ pictures, alone, mostAtOnce }) => [
            [pictures[0]?.equals(alone), mostAtOnce <= 2],
            [true, true],
          ],
        },
      ],
    },
    {
      wish: "any job",
      forge:
        "fails at an infotext, keeps LoRAs with `disable_extra_networks`, reads folders for some fields",
      scenarios: [
        {
          where: "never",
          because: "a request is built field by field from the agent's own list",
          outcome: "completed",
          job: {},
          shows: (seen) => [forbiddenOf(seen), []],
        },
      ],
    },
  ],
};
