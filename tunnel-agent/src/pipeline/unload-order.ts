import type { ForgeClient } from "../forge/client.ts";
import { readState } from "../forge/progress.ts";
import { unload } from "../job/run/recover.ts";
import type { Log } from "../log.ts";
import type { BoxWatch } from "./box-watch.ts";
import type { ForgeLine } from "./forge-line.ts";
import type { Orders } from "./orders.ts";

export interface UnloadParts {
  readonly forge: ForgeClient;
  readonly log: Log;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
  readonly line: Pick<ForgeLine, "whileEmpty"> & {
    readonly inHand: () => { readonly held: number };
  };
  readonly orders: Pick<Orders, "isUnloadDue" | "unloaded">;
  readonly boxWatch: Pick<BoxWatch, "loaded" | "readMemory">;
}

/**
 * Empties the GPU's memory, if its owner asked for that and nothing is in it or about to be, of ours or of anybody's.
 * A Forge that will not is asked once. Throws `ForgeUnreachableError`; the order stands then.
 */
export async function unloadIfDue(parts: UnloadParts): Promise<void> {
  const { forge, log, now, line, orders, boxWatch } = parts;
  if (!orders.isUnloadDue() || line.inHand().held > 0) return;
  await line.whileEmpty(async () => {
    // Somebody may have begun since Forge was looked at last: theirs would lose its model in the middle.
    if ((await readState(forge))?.isRunning !== false) return;
    const status = await unload(forge);
    orders.unloaded();
    if (status !== 200) {
      const words = "Forge did not take the model out of the GPU's memory, as its owner asked";
      log.warn({ status }, words);
      return;
    }
    boxWatch.loaded(null, now());
    await boxWatch.readMemory();
    log.info({}, "The model is out of the GPU's memory, as its owner asked");
  });
}
