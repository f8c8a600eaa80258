import type { Journal } from "../journal.ts";
import type { ForgeClient } from "./client.ts";
import type { Host } from "./host.ts";
import { readHostOptions } from "./host-options.ts";
import { lacksModules } from "./model-file.ts";
import { readCatalogue } from "./read-catalogue.ts";

/** What the owner of a box says about it. */
export interface BoxSettings {
  /** Nobody else uses this Forge: what a job selects stays selected, and is paid for once. */
  readonly isDedicated: boolean;
  /** Selectable scripts that the queue may run, by title in lower case. */
  readonly allowedScripts: readonly string[];
}

export interface Lookout {
  readonly forge: ForgeClient;
  readonly journal: Journal;
  readonly box: BoxSettings;
  /** Options that a job may override. */
  readonly overrideKeys: readonly string[];
}

/**
 * Reads all that a run must know of Forge, and how many names were left out as nobody could write them.
 * Throws `ListUnreadableError`, and `ForgeUnreachableError` when it goes away meanwhile.
 */
export async function lookAtHost({ forge, journal, box, overrideKeys }: Lookout): Promise<{
  readonly host: Host;
  readonly droppedCount: number;
}> {
  const { catalogue, droppedCount, checkpointPaths, stylePrompts } = await readCatalogue(
    forge,
    box.allowedScripts,
  );
  const options = await readHostOptions(forge, overrideKeys, journal.lent());
  const needsModules = async (name: string) => {
    const path = checkpointPaths.get(name);
    return path === undefined ? null : lacksModules(path);
  };
  return {
    host: { catalogue, options, stylePrompts, needsModules, isDedicated: box.isDedicated },
    droppedCount,
  };
}
