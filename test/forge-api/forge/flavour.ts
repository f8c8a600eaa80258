import { isObject, type JsonObject } from "../compare/difference.ts";
import { type ForgeConnection, ForgeGone } from "./connection.ts";
import { RefusedForge } from "./idle.ts";

/** How a Forge was started, as far as it decides what it can be asked. */
export interface Flavour {
  /** The API is there (`--api`, or `--nowebui`). */
  hasApi: boolean;
  /** The page is there, and `/internal/*` with it (no `--nowebui`). */
  hasPage: boolean;
  /** It asks for the login that was given (`--api-auth`). */
  hasLogin: boolean;
  /** `--port` was given. */
  hasPort: boolean;
  /** Files are hashed when they are loaded (no `--no-hashing`). */
  isHashing: boolean;
}

/**
 * Finds out how a Forge was started. Rejects with `RefusedForge` when it is no Forge, still starts, or
 * does not take the login.
 */
export async function findFlavour(forge: ForgeConnection): Promise<Flavour> {
  const statusOf = async (path: string, authorization?: null) =>
    (await forge.send({ method: "GET", path }, authorization === null ? { authorization } : {}))
      .status;
  const page = await statusOf("/internal/ping").catch(refuseAbsent);
  const api = await statusOf("/sdapi/v1/samplers");
  const loras = await statusOf("/sdapi/v1/loras");
  if (api === 401) {
    throw new RefusedForge(
      "This Forge asks for a login: give the right one with --auth user:password.",
    );
  }
  if (loras !== 200) {
    throw new RefusedForge(
      page === 200 || api === 200
        ? "This Forge is still starting. Try again in a few seconds."
        : `What answers at ${forge.url} is no Forge (GET /sdapi/v1/loras: ${loras}).`,
    );
  }
  if (api !== 200) {
    return { ...WITHOUT_API, hasPage: page === 200 };
  }
  const flags = await readFlags(forge);
  return {
    hasApi: true,
    hasPage: page === 200,
    hasLogin: (await statusOf("/sdapi/v1/samplers", null)) === 401,
    hasPort: typeof flags.port === "number",
    isHashing: flags.no_hashing !== true,
  };
}

function refuseAbsent(error: unknown): never {
  throw error instanceof ForgeGone ? new RefusedForge(error.message) : error;
}

const WITHOUT_API = {
  hasApi: false,
  hasLogin: false,
  hasPort: false,
  isHashing: false,
};

// The flags stand in the answer, or in its refusal when a port was given (surprise 13).
async function readFlags(forge: ForgeConnection): Promise<JsonObject> {
  const { body } = await forge.send({ method: "GET", path: "/sdapi/v1/cmd-flags" });
  if (!isObject(body)) return {};
  return isObject(body.body) ? body.body : body;
}

/** Whether no job has run since the start. */
export async function isFresh(forge: ForgeConnection): Promise<boolean> {
  const progress = await forge.read("/sdapi/v1/progress?skip_current_image=true");
  return isObject(progress) && isObject(progress.state) && progress.state.job_timestamp === "0";
}
