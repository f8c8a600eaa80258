import { diffValues, isObject, type JsonObject } from "../forge-api/compare/difference.ts";
import type { ForgeConnection } from "../forge-api/forge/connection.ts";

/** Forge writes it whenever it loads a file: it says what was loaded last, and nobody chose it. */
const WRITTEN_BY_FORGE = "sd_checkpoint_hash";

/** Reads all options. */
export async function readOptions(forge: ForgeConnection): Promise<JsonObject> {
  const options = await forge.read("/sdapi/v1/options");
  if (!isObject(options)) throw new Error("GET /sdapi/v1/options: is no dictionary");
  const { [WRITTEN_BY_FORGE]: _, ...chosen } = options;
  return chosen;
}

/** A Forge's options as they were before the run. */
export interface OwnOptions {
  readonly before: JsonObject;
  /** What is not as it was, one sentence each. */
  differences(): Promise<string[]>;
  /** Puts back what is not as it was; tells what could not be. */
  restore(): Promise<string[]>;
}

/** Remembers the options of a Forge. */
export async function noteOptions(forge: ForgeConnection): Promise<OwnOptions> {
  const before = await readOptions(forge);
  const compare = (now: JsonObject) => diffValues(before, now, "option");
  return {
    before,
    differences: async () => compare(await readOptions(forge)),
    async restore() {
      const now = await readOptions(forge);
      const changed = Object.keys(before).filter(
        (name) => diffValues(before[name], now[name], name).length > 0,
      );
      if (changed.length === 0) return compare(now);
      const own = Object.fromEntries(changed.map((name) => [name, before[name]]));
      await forge.ask("/sdapi/v1/options", own);
      return compare(await readOptions(forge));
    },
  };
}
