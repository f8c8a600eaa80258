import type { Need } from "../needs.ts";
import type { Job, Words } from "./row.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A job, and what it must not leave behind for the next one. */
export interface Pair {
  readonly name: string;
  readonly needs: readonly Need[];
  readonly first: Job;
}

/** What comes after each of them: it asks for nothing, and its sampler would show every leak. */
export const SECOND: Job = {
  queued: () => ({ sampler_name: "Euler a" }),
  direct: () => ({ sampler_name: "Euler a" }),
};

interface Change {
  readonly name: string;
  readonly needs: readonly Need[];
  readonly queued: (words: Words) => Fields;
  readonly direct: (words: Words) => Fields;
  /** Options that Forge takes over with the body. */
  readonly overrides?: (words: Words) => Fields;
}

const nothing = () => ({});

const CHANGES: readonly Change[] = [
  {
    name: "checkpoint",
    needs: ["other"],
    queued: ({ lab }) => ({ checkpoint_name: lab.other.base }),
    direct: nothing,
    overrides: ({ lab }) => ({ sd_model_checkpoint: lab.other.title }),
  },
  {
    name: "modules",
    needs: ["vae"],
    queued: ({ lab }) => ({ modules: [lab.vae] }),
    direct: nothing,
    overrides: ({ lab }) => ({ forge_additional_modules: [lab.vae] }),
  },
  {
    name: "clip skip",
    needs: [],
    queued: () => ({ clip_skip: 2 }),
    direct: nothing,
    overrides: () => ({ CLIP_stop_at_last_layers: 2 }),
  },
  {
    name: "LoRA",
    needs: ["lora"],
    queued: ({ lab }) => ({ positive_prompt: `a red cube <lora:${lab.lora}:0.8>` }),
    direct: ({ lab }) => ({ prompt: `a red cube <lora:${lab.lora}:0.8>` }),
  },
  {
    name: "ENSD",
    needs: [],
    queued: () => ({ settings: { eta_noise_seed_delta: 31337 } }),
    direct: nothing,
    overrides: () => ({ eta_noise_seed_delta: 31337 }),
  },
  {
    name: "styles",
    needs: ["styles"],
    queued: ({ lab }) => ({ styles: lab.styles }),
    direct: ({ lab }) => ({ styles: lab.styles }),
  },
];

function pairOf(name: string, changes: readonly Change[]): Pair {
  const merge = (words: Words, of: (change: Change) => Change["direct"] | undefined): Fields =>
    Object.assign({}, ...changes.map((change) => of(change)?.(words)));
  return {
    name: `after a job with ${name}, the next one is as if it were alone`,
    needs: [...new Set(changes.flatMap(({ needs }) => needs))],
    first: {
      queued: (words) => ({ ...SECOND.queued(words), ...merge(words, ({ queued }) => queued) }),
      direct: (words) => ({
        ...SECOND.direct(words),
        ...merge(words, ({ direct }) => direct),
        override_settings: merge(words, ({ overrides }) => overrides),
      }),
    },
  };
}

/**
 * All at once comes first: once an option was overridden Forge holds it, and gives it back by itself from
 * then on (forge-reference 1.6.1). What it does not hold yet is for the agent to give back.
 */
export const PAIRS: readonly Pair[] = [
  pairOf(`its own ${CHANGES.map(({ name }) => name).join(", ")}`, CHANGES),
  ...CHANGES.map((change) => pairOf(`its own ${change.name}`, [change])),
];
