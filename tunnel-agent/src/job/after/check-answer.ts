import { isDeepStrictEqual } from "node:util";
import { type Failure, failure, notAsAsked } from "../failure/failure.ts";
import { fieldOfOption } from "../failure/option-fields.ts";
import type { Answer, Info } from "./answer-info.ts";
import type { Asked, Evidence } from "./asked.ts";

const HASH_DIGITS = 10;

/** The model that really ran: Forge puts the selected one in place of an unknown one, with status 200. */
function findWrongModel({ checkpoint }: Asked, info: Info): Failure | null {
  const { sd_model_name: name, sd_model_hash: hash } = info;
  if (name !== checkpoint.basename) {
    const message = `Forge used the model "${name}" instead of "${checkpoint.basename}".`;
    const ownerMessage = "Refresh the list of checkpoints in Forge.";
    return failure("infra", "wrong_model", message, { field: "checkpoint_name", ownerMessage });
  }
  const wanted = checkpoint.hash?.slice(0, HASH_DIGITS);
  if (!wanted || !hash || hash.slice(0, HASH_DIGITS) === wanted) return null;
  const message = `Forge used another model file of the name "${name}": its hash is ${hash} instead of ${wanted}.`;
  const ownerMessage = `Give each checkpoint a name of its own, and refresh Forge's list.`;
  return failure("infra", "wrong_model", message, { field: "checkpoint_name", ownerMessage });
}

/** What a value is once it was sent and echoed. */
const asSent = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

/** Forge's echo lacks the overrides that it dropped (forge-reference 1.6.1). */
function findLostOverride(asked: Asked, { overrides, info }: Answer): Failure | null {
  for (const [name, value] of Object.entries(asked.request.overrides)) {
    // A script may set options of its own for some of its pictures.
    const isKept = asked.params.script
      ? name in overrides
      : isDeepStrictEqual(overrides[name], asSent(value));
    if (isKept) continue;
    if (name === "sd_model_checkpoint") {
      const message = `Forge does not know this job's model, and used "${info.sd_model_name}" instead.`;
      const ownerMessage = "Refresh the list of checkpoints in Forge.";
      return failure("infra", "wrong_model", message, { field: "checkpoint_name", ownerMessage });
    }
    const field = fieldOfOption(name) ?? "settings";
    return notAsAsked(field, `Forge did not take the setting "${name}" over from this job.`);
  }
  return null;
}

/** One value that Forge tells of the run itself. An undefined `asked` asks for nothing. */
interface Told {
  readonly field: string;
  /** Says what was used instead of what. */
  readonly sentence: (ran: unknown, asked: unknown) => string;
  readonly asked: string | number | undefined;
  readonly ran: string | number | undefined;
}

const usedInstead = (what: string) => (ran: unknown, asked: unknown) =>
  `Forge used the ${what} ${ran} instead of ${asked}.`;

/** -1 asks for any seed. */
const fixed = (seed: number, isUsed = true) => (seed === -1 || !isUsed ? undefined : seed);

function told({ params, request }: Asked, info: Info): Told[] {
  const { CLIP_stop_at_last_layers } = request.overrides;
  return [
    {
      field: "sampler_name",
      sentence: (ran, asked) => `Forge used the sampler "${ran}" instead of "${asked}".`,
      asked: params.sampler_name,
      ran: info.sampler_name,
    },
    {
      field: "steps",
      sentence: (ran, asked) => `Forge took ${ran} steps instead of ${asked}.`,
      asked: params.steps,
      ran: info.steps,
    },
    {
      field: "cfg_scale",
      sentence: usedInstead("CFG scale"),
      asked: params.cfg_scale,
      ran: info.cfg_scale,
    },
    {
      field: "clip_skip",
      sentence: usedInstead("clip skip"),
      asked: CLIP_stop_at_last_layers === undefined ? undefined : params.clip_skip,
      ran: info.clip_skip,
    },
  ];
}

function findOther(values: readonly Told[]): Failure | null {
  const other = values.find(({ asked, ran }) => asked !== undefined && asked !== ran);
  return other ? notAsAsked(other.field, other.sentence(other.ran, other.asked)) : null;
}

/** Another seed, or variation seed, than was asked for. Null: there is none. Pure. */
export function findOtherSeed({ params }: Asked, { info }: Answer): Failure | null {
  if (params.script) return null;
  return findOther([
    {
      field: "seed",
      sentence: usedInstead("seed"),
      asked: fixed(params.seed),
      ran: info.all_seeds[0],
    },
    {
      field: "subseed",
      sentence: usedInstead("variation seed"),
      asked: fixed(params.subseed, params.subseed_strength > 0),
      ran: info.all_subseeds[0],
    },
  ]);
}

/** A scheduler goes by its name or its label, which differ in case and blanks only. */
const bare = (scheduler: string) => scheduler.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/**
 * Whether the results' own infotexts name the scheduler that was asked for, by its label. "Automatic" becomes
 * the sampler's own (sd_samplers_kdiffusion.py `get_sigmas`); any other stays what it is. Pure.
 */
export function checkScheduler({ asked, lines }: Evidence): Failure | null {
  const { scheduler } = asked.params;
  if (asked.params.script || bare(scheduler) === "automatic") return null;
  const ran = lines
    .map((line) => line.get("Schedule type"))
    .find((label) => label !== undefined && bare(label) !== bare(scheduler));
  if (ran === undefined) return null;
  return notAsAsked("scheduler", `Forge used the scheduler "${ran}" instead of "${scheduler}".`);
}

/**
 * Whether an answer is one to this request at all: the model, the overrides, and what Forge tells of the
 * run as a whole. Null: nothing speaks against it. Pure.
 */
export function checkAnswer(asked: Asked, answer: Answer): Failure | null {
  const lost = findLostOverride(asked, answer);
  // A script may change model, sampler, steps and seed from picture to picture.
  if (lost || asked.params.script) return lost;
  return findWrongModel(asked, answer.info) ?? findOther(told(asked, answer.info));
}
