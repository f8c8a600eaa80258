import * as z from "zod";
import type { ForgeClient } from "./client.ts";
import type { HostOptions } from "./host.ts";
import { type Lent, ownValues } from "./lent-options.ts";

const Options = z.record(z.string(), z.unknown());

const fileName = (path: string) =>
  path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);

/** Modules stand in the options as paths of the host; a request names them by file name. */
function withoutPaths(name: string, value: unknown): unknown {
  if (name !== "forge_additional_modules" || !Array.isArray(value)) return value;
  return value.map((path) => fileName(String(path)));
}

/** All of Forge's options as they are at this moment; null where it cannot tell (forge-reference 1.2). */
export async function readOptions(
  forge: ForgeClient,
  keys: readonly string[],
): Promise<{
  readonly values: Record<string, unknown>;
  readonly all: Record<string, unknown>;
} | null> {
  const answer = await forge.get("/sdapi/v1/options");
  const parsed = Options.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) return null;
  const present = keys.filter((key) => parsed.data[key] !== undefined && parsed.data[key] !== null);
  const values = present.map((key) => [key, withoutPaths(key, parsed.data[key])]);
  return { values: Object.fromEntries(values), all: parsed.data };
}

/**
 * Forge's options as its owner has them, of those in `keys`: what a run of ours left there is not the
 * owner's. To be read while nothing runs, as a generation shows its own overrides.
 */
export async function readHostOptions(
  forge: ForgeClient,
  keys: readonly string[],
  lent: Lent,
): Promise<HostOptions> {
  const options = await readOptions(forge, keys);
  if (options === null) return { own: {}, samplesFormat: null, writesInfotext: true };
  const { samples_format, enable_pnginfo } = options.all;
  return {
    own: ownValues(options.values, lent),
    samplesFormat: typeof samples_format === "string" ? samples_format : null,
    writesInfotext: enable_pnginfo !== false,
  };
}
