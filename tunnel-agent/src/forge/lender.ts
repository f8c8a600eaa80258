import type { Journal } from "../journal.ts";
import type { Log } from "../log.ts";
import { type ForgeClient, ForgeUnreachableError } from "./client.ts";
import type { HostOptions } from "./host.ts";
import { readHostOptions, readOptions } from "./host-options.ts";
import { keptByForge, type Lent, lentBy } from "./lent-options.ts";

type Overrides = Readonly<Record<string, unknown>>;

/** What stays on a dedicated box, as moving a model in and out costs more than many a job (8.3). */
const SELECTION: ReadonlySet<string> = new Set(["sd_model_checkpoint", "forge_additional_modules"]);

const isSelection = (name: string) => SELECTION.has(name);

function pick(lent: Lent, isMeant: (name: string) => boolean): Lent {
  return Object.fromEntries(Object.entries(lent).filter(([name]) => isMeant(name)));
}

/** Sees to it that what a job overrides does not stay behind for the next one, or for the person at the page. */
export interface Lender {
  /**
   * Notes on disk what a request is about to change, before Forge hears of it. `build` makes the request's
   * overrides from the owner's options, which are read again before one is changed for the first time.
   */
  lend(options: HostOptions, build: (own: HostOptions["own"]) => Overrides): Promise<HostOptions>;
  /** Puts back what Forge did not put back itself. To be called while no run of ours is in Forge. */
  takeBack(): Promise<void>;
  /** Forge started anew: which options its config holds must be found out again. */
  forget(): void;
}

/**
 * Forge restores an overridden option only if its config holds it. Putting one back by hand stores it, so
 * that each option costs two requests once, and none from then on. A dedicated box keeps the model that a job
 * selects: there nothing is restored by Forge, and all else is put back by hand.
 */
export function createLender(deps: {
  forge: ForgeClient;
  journal: Journal;
  log: Log;
  keys: readonly string[];
  isDedicated: boolean;
}): Lender {
  const { forge, journal, log, keys, isDedicated } = deps;
  /** Options that Forge is known to restore by itself. */
  const held = new Set<string>();
  async function putBack(lent: Lent): Promise<void> {
    const shown = await readOptions(forge, Object.keys(lent));
    const back = shown === null ? {} : keptByForge(shown.values, lent);
    if (Object.keys(back).length === 0) return;
    const answer = await forge.post("/sdapi/v1/options", back);
    const fields = { options: Object.keys(back).join(", "), status: answer.status };
    if (answer.status === 200) log.debug(fields, "Gave options back that Forge had kept");
    else log.warn(fields, "Forge would not take options back that a job had changed");
  }
  return {
    async lend(options, build) {
      const isNew = (own: HostOptions["own"]) =>
        Object.keys(lentBy(build(own), own)).some((name) => !held.has(name));
      const current =
        !isDedicated && isNew(options.own)
          ? await readHostOptions(forge, keys, journal.lent())
          : options;
      await journal.setLent(lentBy(build(current.own), current.own));
      return current;
    },
    async takeBack() {
      const lent = journal.lent();
      const staying = isDedicated ? pick(lent, isSelection) : {};
      const due = pick(lent, (name) => !(name in staying));
      const names = Object.keys(due);
      if (names.length === 0) return;
      try {
        if (names.some((name) => !held.has(name))) await putBack(due);
      } catch (error) {
        // It stays noted: the next time that Forge is there it is looked at again.
        if (error instanceof ForgeUnreachableError) return;
        throw error;
      }
      if (!isDedicated) for (const name of names) held.add(name);
      await journal.setLent(staying);
    },
    forget: () => held.clear(),
  };
}
