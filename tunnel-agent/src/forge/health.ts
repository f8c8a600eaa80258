import { type ForgeClient, ForgeUnreachableError } from "./client.ts";
import { readState } from "./progress.ts";

/** How Forge is, as far as it decides whether a job can be taken. */
export type ForgeHealth =
  | { readonly type: "ready" }
  /** Somebody else's generation runs: a person at the page, or another program. */
  | { readonly type: "busy" }
  | { readonly type: "absent"; readonly code: string }
  | { readonly type: "starting" }
  | { readonly type: "no_api" }
  | { readonly type: "auth_required" }
  | { readonly type: "hung" }
  | { readonly type: "not_forge"; readonly status: number };

/** Statuses of the routes that tell how far Forge is; null where there was no answer in time. */
export interface Probes {
  readonly ping: number | null;
  readonly options: number | null;
  readonly embeddings: number | null;
  readonly loras: number | null;
  readonly isIdle: boolean;
}

/**
 * What the probes mean (forge-reference 1.1, 8.1): in UI mode ping and options come together, lists of
 * LoRAs and embeddings last; ping without options is a Forge without `--api`; with `--nowebui` there is no ping.
 */
export function diagnose(probes: Probes): ForgeHealth {
  const { ping, options, embeddings, loras, isIdle } = probes;
  if (options === 401 || embeddings === 401) return { type: "auth_required" };
  if (options === 404 && ping === 200) return { type: "no_api" };
  if (options === null || options === 404 || options === 503) return { type: "starting" };
  // A stored option of a wrong type gives 500 here although Forge works (forge-reference 1.2).
  if (options !== 200 && options !== 500) return { type: "not_forge", status: options };
  if (embeddings !== 200 || loras !== 200) return { type: "starting" };
  return isIdle ? { type: "ready" } : { type: "busy" };
}

async function statusOf(forge: ForgeClient, path: string): Promise<number | null> {
  try {
    return (await forge.get(path)).status;
  } catch (error) {
    if (error instanceof ForgeUnreachableError && error.wasSent) return null;
    throw error;
  }
}

/**
 * Looks at Forge. Never throws: no answer is an answer too. With `isKnown` Forge was all there a moment ago:
 * its lists, which come last at a start and may be long, are not asked for again.
 */
export async function checkForge(forge: ForgeClient, isKnown = false): Promise<ForgeHealth> {
  try {
    const state = await readState(forge);
    if (state !== null && isKnown) return { type: state.isRunning ? "busy" : "ready" };
    if (state !== null) {
      const embeddings = await statusOf(forge, "/sdapi/v1/embeddings");
      const loras = await statusOf(forge, "/sdapi/v1/loras");
      return diagnose({ ping: 200, options: 200, embeddings, loras, isIdle: !state.isRunning });
    }
    const ping = await statusOf(forge, "/internal/ping");
    const options = await statusOf(forge, "/sdapi/v1/options");
    return diagnose({ ping, options, embeddings: null, loras: null, isIdle: false });
  } catch (error) {
    if (!(error instanceof ForgeUnreachableError)) throw error;
    return error.wasSent ? { type: "hung" } : { type: "absent", code: error.code };
  }
}

/** The state in a sentence that says what to do; null when there is nothing to say. */
export function describeHealth(health: ForgeHealth, forgeUrl: string): string | null {
  switch (health.type) {
    case "ready":
      return null;
    case "busy":
      return "Forge is busy with somebody's own work; waiting until it is done";
    case "absent":
      return `Nothing answers at ${forgeUrl} (${health.code}): start Forge with --api, or set FORGE_URL`;
    case "starting":
      return "Forge is starting; waiting until it is ready";
    case "no_api":
      return "Forge runs without --api: add --api to its command line and start it again";
    case "auth_required":
      return "Forge asks for a login: set FORGE_API_AUTH to the user:password of its --api-auth";
    case "hung":
      return "Forge took the connection but does not answer; waiting, restart Forge if it stays so";
    case "not_forge":
      return `What answers at ${forgeUrl} is not Forge's API (status ${health.status})`;
  }
}
