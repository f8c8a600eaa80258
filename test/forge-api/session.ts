import { randomBytes } from "node:crypto";
import type { ForgeConnection } from "./forge/connection.ts";
import { type Flavour, findFlavour, isFresh } from "./forge/flavour.ts";
import { demandIdle, RefusedForge } from "./forge/idle.ts";
import { findEmbedding, findLora, findOther, runsAlone } from "./forge/lab.ts";
import { findLeak, type Leak } from "./forge/leak.ts";
import {
  chooseStyles,
  findByName,
  isInFolder,
  type Names,
  rankOthers,
  readCheckpoints,
  readLoras,
  readModule,
} from "./forge/names.ts";
import type { Need } from "./forge/needs.ts";
import type { Pace } from "./forge/pace.ts";
import { createRenaming } from "./forge/renaming.ts";
import { applyLabSettings, type LabSettings } from "./forge/settings.ts";
import type { Witness } from "./forge/watch.ts";
import { PicturesSeen } from "./pictures-seen.ts";
import type { Answer } from "./recording.ts";

/** One run of the suite against one Forge. */
export interface Session {
  readonly forge: ForgeConnection;
  readonly flavour: Flavour;
  /** `user:password`, or null. */
  readonly login: string | null;
  /** What this Forge has in place of the recorded names, as far as it is known by now. */
  names: Names;
  /** Stands in the task ids of this run. */
  readonly runId: string;
  /** Ids that waited before the run although nothing ran. */
  readonly deadIds: readonly string[];
  /** Null where there are no options to set. */
  readonly settings: LabSettings | null;
  /** What was answered so far, by the name of the case. */
  readonly answers: Map<string, Answer>;
  readonly pictures: PicturesSeen;
  /** How traces are recorded, where it need not be measured. */
  readonly watching: Watching | null;
  /** The override that stayed in force; null until it is looked for, or where there is none. */
  leak: Leak | null;
  /** Puts this Forge's names in place of the recorded ones. */
  rename(text: string): string;
  /** Whether this Forge has what a group needs. May run jobs to find out, once for each need. */
  has(need: Need): Promise<boolean>;
}

/** How a run is wanted. */
export interface SessionOptions {
  login: string | null;
  /** The checkpoint to select for the run, by any of its names; null keeps the selected one. */
  checkpoint: string | null;
  watching?: Watching;
}

/** A pace that is given, and somebody who says when Forge's time passes. */
export interface Watching {
  pace: Pace;
  witness: Witness;
}

/**
 * Looks at a Forge, and gives it the settings of the recordings. Rejects with `RefusedForge`, having
 * changed nothing, when it is no Forge, is busy, still starts or does not take the login. Whoever opened
 * a session restores its settings.
 */
export async function openSession(
  forge: ForgeConnection,
  { login, checkpoint, watching }: SessionOptions,
): Promise<Session> {
  const flavour = await findFlavour(forge);
  const deadIds = flavour.hasApi ? await demandIdle(forge, flavour.hasPage) : [];
  const names = await readNames(forge, flavour, checkpoint);
  const settings = flavour.hasApi ? await applyLabSettings(forge, names.selected.title) : null;
  const session: Session = {
    forge,
    flavour,
    login,
    names,
    runId: randomBytes(4).toString("hex"),
    deadIds,
    settings,
    answers: new Map(),
    pictures: new PicturesSeen(),
    watching: watching ?? null,
    leak: null,
    rename: (text) => renaming(session.names)(text),
    has: () => Promise.resolve(false),
  };
  const renaming = memoize((current: Names) => createRenaming(current, session.runId));
  const known = new Map<Need, Promise<boolean>>();
  session.has = (need) => {
    // Whether a job has run since the start changes with the first one.
    if (need === "fresh") return isFresh(forge);
    const answer = known.get(need) ?? CHECKS[need](session);
    known.set(need, answer);
    return answer;
  };
  return session;
}

/** Keeps the last result: names change seldom, texts are renamed by the thousand. */
function memoize<In, Out>(compute: (input: In) => Out): (input: In) => Out {
  let last: { input: In; output: Out } | null = null;
  return (input) => {
    if (last?.input !== input) last = { input, output: compute(input) };
    return last.output;
  };
}

const NOTHING = { title: "", base: "", file: "", path: "", hash: null, sha256: null };

async function readNames(
  forge: ForgeConnection,
  flavour: Flavour,
  wanted: string | null,
): Promise<Names> {
  const lora = readLoras(await forge.read("/sdapi/v1/loras"))[0] ?? null;
  const none = { other: null, embedding: null, styles: null, module: null };
  if (!flavour.hasApi) return { selected: NOTHING, lora, ...none };
  const checkpoints = readCheckpoints(await forge.read("/sdapi/v1/sd-models"));
  const options = (await forge.read("/sdapi/v1/options")) as Record<string, unknown>;
  const selected = findByName(checkpoints, wanted ?? options.sd_model_checkpoint);
  if (!selected) {
    throw new RefusedForge(
      wanted === null
        ? "This Forge has no checkpoint selected: select one, or name one with --checkpoint."
        : `This Forge has no checkpoint ${wanted}; it has ${checkpoints.map(({ title }) => title).join(", ")}.`,
    );
  }
  return {
    selected,
    other: rankOthers(checkpoints, selected)[0] ?? null,
    lora,
    embedding: null,
    styles: chooseStyles(await forge.read("/sdapi/v1/prompt-styles")),
    module: readModule(await forge.read("/sdapi/v1/sd-modules")),
  };
}

const CHECKS: Record<Exclude<Need, "fresh">, (session: Session) => Promise<boolean>> = {
  page: async ({ flavour }) => flavour.hasApi && flavour.hasPage,
  noApi: async ({ flavour }) => !flavour.hasApi,
  noPage: async ({ flavour }) => flavour.hasApi && !flavour.hasPage,
  login: async ({ flavour, login }) => flavour.hasLogin && login !== null,
  port: async ({ flavour }) => flavour.hasPort,
  noPort: async ({ flavour }) => !flavour.hasPort,
  hashing: async ({ flavour }) => flavour.isHashing,
  neverHashed: async ({ names }) => names.selected.hash === null && names.other?.hash === null,
  model: async ({ forge, names }) => runsAlone(forge, names.selected),
  other: async (session) => {
    session.names = {
      ...session.names,
      other: await findOther(session.forge, session.names.selected),
    };
    return session.names.other !== null;
  },
  otherInFolder: async (session) =>
    (await session.has("other")) && session.names.other !== null && isInFolder(session.names.other),
  lora: async (session) => {
    session.names = { ...session.names, lora: await findLora(session.forge) };
    return session.names.lora !== null;
  },
  embedding: async (session) => {
    session.names = { ...session.names, embedding: await findEmbedding(session.forge) };
    return session.names.embedding !== null;
  },
  styles: async ({ names }) => names.styles !== null,
  unstoredOption: async (session) => {
    session.leak = await findLeak(session.forge, session.settings?.before ?? {});
    return session.leak !== null;
  },
};

/** Reads the hashes that this Forge knows by now. */
export async function refreshHashes(session: Session): Promise<void> {
  const checkpoints = readCheckpoints(await session.forge.read("/sdapi/v1/sd-models"));
  const { selected, other } = session.names;
  session.names = {
    ...session.names,
    selected: findByName(checkpoints, selected.title) ?? selected,
    other: (other && findByName(checkpoints, other.title)) ?? other,
  };
}
