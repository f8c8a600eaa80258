import { type DemoForge, startDemoForge } from "../../tunnel-agent/demo-forge/server.ts";
import { setsOptions } from "./losses/requests.ts";
import { type Lists, type LyingForge, startLyingForge } from "./lying-forge.ts";

type Options = Readonly<Record<string, unknown>>;

/** A Forge, and the proxy before it. */
export interface Place {
  readonly forge: DemoForge;
  readonly lying: LyingForge;
  /** Its options when it was new. */
  readonly options: Options;
  stop(): Promise<void>;
}

/** Forge's options at this moment. */
export async function readOptions(forge: DemoForge): Promise<Options> {
  return (await (await fetch(`${forge.url}/sdapi/v1/options`)).json()) as Options;
}

/** Which model Forge loaded last; it is no setting. */
const NOT_AN_OPTION = "sd_checkpoint_hash";

/** The options that differ, by name. Pure. */
export function changedOptions(before: Options, now: Options): string[] {
  const isSame = (name: string) => JSON.stringify(before[name]) === JSON.stringify(now[name]);
  return Object.keys(before).filter((name) => name !== NOT_AN_OPTION && !isSame(name));
}

/**
 * Starts a Forge that nobody has used. `lists`: what it tells otherwise than a demo Forge does; `noHashing`:
 * whether it is started with --no-hashing.
 */
export async function startPlace(lists: Lists, noHashing = false): Promise<Place> {
  const forge = await startDemoForge({ timeScale: 0, noHashing });
  const lying = await startLyingForge(forge, lists);
  return {
    forge,
    lying,
    options: await readOptions(forge),
    async stop() {
      await lying.stop();
      await forge.stop();
    },
  };
}

/** Puts Forge's options back to what they were, whoever changed them. */
export async function putBack({ forge, options }: Place): Promise<void> {
  const names = changedOptions(options, await readOptions(forge));
  if (names.length === 0) return;
  await setsOptions(Object.fromEntries(names.map((name) => [name, options[name]])))(forge);
}
