import type { Journal } from "../journal.ts";
import type { Log } from "../log.ts";
import { type ForgeClient, ForgeUnreachableError } from "./client.ts";
import type { HostOptions } from "./host.ts";
import { readHostOptions, readOptions } from "./host-options.ts";
import { keptByForge, type Lent, lentBy, lentMore } from "./lent-options.ts";
import { readState } from "./progress.ts";

type Values = Readonly<Record<string, unknown>>;

const MODULES = "forge_additional_modules";

/** What stays on a dedicated box, as moving a model in and out costs more than many a job (8.3). */
const SELECTION: ReadonlySet<string> = new Set(["sd_model_checkpoint", MODULES]);

function pick(lent: Lent, isMeant: (name: string) => boolean): Lent {
  return Object.fromEntries(Object.entries(lent).filter(([name]) => isMeant(name)));
}

const ownOf = (lent: Lent): Values =>
  Object.fromEntries(Object.entries(lent).map(([name, { own }]) => [name, own]));

/** A list of no modules is what Forge has where none was ever chosen: it stores none (main_entry.py `modules_change`). */
const isStorable = (name: string, own: unknown) =>
  name !== MODULES || (Array.isArray(own) && own.length > 0);

/**
 * With `--nowebui` Forge lists no modules and takes every name of one for unknown, its owner's too: what is
 * selected there must not be touched, as it could not be put back.
 */
function withoutUnknownModules(own: Values, known: readonly string[]): Values {
  const { [MODULES]: modules, ...others } = own;
  const isKnown = Array.isArray(modules) && modules.every((name) => known.includes(name));
  return isKnown ? own : others;
}

/** Sees to it that what a job overrides does not stay behind for the next one, or for the person at the page. */
export interface Lender {
  /**
   * Reads the owner's options, and notes on disk what a request is about to change before Forge hears of it.
   * `overridesWith` makes the request's overrides from them. What an earlier run left and this one does not
   * override is put back. To be called while no run of ours is in Forge. Answers the owner's options.
   * Throws `ForgeUnreachableError`: nothing was changed then.
   */
  lend(
    modules: readonly string[],
    overridesWith: (own: HostOptions["own"]) => Values,
  ): Promise<HostOptions["own"]>;
  /**
   * The same while a run of ours is in Forge, whose options must not be changed under its hands: answers null,
   * and has noted nothing, where one would have to be stored or put back first.
   */
  lendBehind(
    modules: readonly string[],
    overridesWith: (own: HostOptions["own"]) => Values,
  ): Promise<HostOptions["own"] | null>;
  /**
   * Puts back what Forge did not put back itself, unless somebody's generation has begun meanwhile. To be called while
   * no run of ours is in Forge.
   */
  takeBack(): Promise<void>;
  /** Forge started anew: which options its config holds must be found out again. */
  forget(): void;
}

/**
 * Forge restores an overridden option only if its config holds it (1.6.1). So the owner's value is stored
 * there first, once for each option; what cannot be stored so is looked for after the run. On a dedicated box
 * Forge restores nothing, so that the model stays, and all else is put back by hand.
 */
export function createLender(deps: {
  forge: ForgeClient;
  journal: Journal;
  log: Log;
  keys: readonly string[];
  isDedicated: boolean;
}): Lender {
  const { forge, journal, log, keys, isDedicated } = deps;
  /** Options that Forge's config holds, as it took them from here. */
  const held = new Set<string>();
  async function store(values: Values): Promise<boolean> {
    const answer = await forge.post("/sdapi/v1/options", values);
    if (answer.status === 200) return true;
    const fields = { options: Object.keys(values).join(", "), status: answer.status };
    log.warn(fields, "Forge did not take its owner's options, which a job changes");
    return false;
  }
  const notHeld = (lent: Lent) =>
    Object.entries(ownOf(lent)).filter(
      ([name, value]) => !held.has(name) && isStorable(name, value),
    );
  async function hold(lent: Lent): Promise<void> {
    const own = notHeld(lent);
    if (own.length === 0 || !(await store(Object.fromEntries(own)))) return;
    for (const [name] of own) held.add(name);
  }
  /** Answers what could not be put back. */
  async function putBack(due: Lent): Promise<Lent> {
    const unsure = pick(due, (name) => !held.has(name));
    if (Object.keys(unsure).length === 0) return {};
    const shown = await readOptions(forge, Object.keys(unsure));
    if (shown === null) return unsure;
    const back = keptByForge(shown.values, unsure);
    if (Object.keys(back).length === 0) return {};
    if (!(await store(back))) return pick(unsure, (name) => name in back);
    if (!isDedicated) for (const name of Object.keys(back)) held.add(name);
    return {};
  }
  async function plan(modules: readonly string[], overridesWith: (own: Values) => Values) {
    const options = await readHostOptions(forge, keys, journal.lent());
    const own = withoutUnknownModules(options.own, modules);
    const overrides = overridesWith(own);
    /** What an earlier run left, and this one does not override. */
    const left = dueOf(journal.lent(), (name) => !(name in overrides));
    return { own, lent: lentBy(overrides, own), left };
  }
  const dueOf = (lent: Lent, isMeant: (name: string) => boolean) =>
    pick(lent, (name) => !(isDedicated && SELECTION.has(name)) && isMeant(name));
  const isNone = (lent: Lent) => Object.keys(lent).length === 0;
  async function giveBack(due: Lent): Promise<void> {
    const staying = pick(journal.lent(), (name) => !(name in due));
    await journal.setLent({ ...staying, ...(await putBack(due)) });
  }
  const note = (lent: Lent) => journal.setLent(lentMore(journal.lent(), lent));
  return {
    async lend(modules, overridesWith) {
      const { own, lent, left } = await plan(modules, overridesWith);
      if (!isNone(left)) await giveBack(left);
      await note(lent);
      if (!isDedicated) await hold(lent);
      return own;
    },
    async lendBehind(modules, overridesWith) {
      const { own, lent, left } = await plan(modules, overridesWith);
      const isTouching = !isNone(left) || (!isDedicated && notHeld(lent).length > 0);
      if (isTouching) return null;
      await note(lent);
      return own;
    },
    async takeBack() {
      const due = dueOf(journal.lent(), () => true);
      if (isNone(due)) return;
      try {
        // Whoever waited behind ours runs by now: its options are not to be changed under its hands.
        const isTouching = Object.keys(due).some((name) => !held.has(name));
        if (isTouching && (await readState(forge))?.isRunning !== false) return;
        await giveBack(due);
      } catch (error) {
        // It stays noted: the next time that Forge is there it is looked at again.
        if (!(error instanceof ForgeUnreachableError)) throw error;
      }
    },
    forget: () => held.clear(),
  };
}
