import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { ProblemError, ROLES } from "@mobilesd/contract";
import { stringify } from "smol-toml";
import * as z from "zod";
import { hashSecret, keyIdOf, makeToken } from "../domain/credentials.ts";
import { type KeyPair, queueClient } from "./queue-client.ts";
import { StartError } from "./start-error.ts";
import { readJsonFile, writePrivateFile } from "./state-folder.ts";
import type { LocalDatabase, RunningWorker, WorkerSecrets } from "./worker-runtime.ts";

const OwnerFile = z.object({ url: z.string(), key: z.string(), secret: z.string() });
const AgentFile = z.object({ server_alias: z.string(), key: z.string(), secret: z.string() });

/** Whether the queue knows this key; an agent's key is known although it may not list servers. */
async function isKnown(url: string, pair: KeyPair): Promise<boolean> {
  try {
    await queueClient(url, pair).call("listServers", {});
    return true;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.is("forbidden");
  }
}

/**
 * A new key for the owner of a queue whose `owner.json` is gone, written straight into the database: who
 * has the state folder has everything in it.
 */
async function replaceOwnerKey(db: LocalDatabase, pepper: string): Promise<KeyPair> {
  const owner = await db
    .prepare(
      "SELECT owner_id AS id FROM api_keys WHERE permissions = ? ORDER BY created_at LIMIT 1",
    )
    .bind(ROLES.owner.join(" "))
    .first<{ id: string }>();
  if (!owner)
    throw new StartError("The queue has keys but no owner's key; its database is damaged.");
  const key = makeToken("msk_", (count) => randomBytes(count));
  const secret = makeToken("mss_", (count) => randomBytes(count));
  await db
    .prepare(
      "INSERT INTO api_keys (id, name, key, secret, created_at, permissions, owner_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(
      keyIdOf(key),
      "key of this machine",
      key,
      hashSecret(secret, pepper),
      new Date().toISOString(),
      ROLES.owner.join(" "),
      owner.id,
    )
    .run();
  return { key, secret };
}

async function makeOwnerKey(worker: RunningWorker, secrets: WorkerSecrets): Promise<KeyPair> {
  try {
    const body = { setup_token: secrets.SETUP_TOKEN };
    return await queueClient(worker.url).call("setUp", { body });
  } catch (error) {
    if (!(error instanceof ProblemError && error.is("already_set_up"))) throw error;
    return replaceOwnerKey(await worker.db(), secrets.KEY_PEPPER);
  }
}

/** The owner's key, from `owner.json` or made now; the file then says where the queue is. */
export async function openOwnerKey(
  stateDir: string,
  worker: RunningWorker,
  secrets: WorkerSecrets,
): Promise<KeyPair> {
  const path = join(stateDir, "owner.json");
  const kept = readJsonFile(path, OwnerFile);
  const pair =
    kept && (await isKnown(worker.url, kept)) ? kept : await makeOwnerKey(worker, secrets);
  const { key, secret } = pair;
  writePrivateFile(path, `${JSON.stringify({ url: worker.url, key, secret }, null, 2)}\n`);
  return { key, secret };
}

/** The agent's own key for one alias, kept from the last start or got by a one-time code. */
export async function openAgentKey(
  stateDir: string,
  url: string,
  owner: KeyPair,
  serverAlias: string,
): Promise<KeyPair> {
  const path = join(stateDir, "agent-key.json");
  const kept = readJsonFile(path, AgentFile);
  if (kept && kept.server_alias === serverAlias && (await isKnown(url, kept))) return kept;
  const wanted = { for: "agent", server_alias: serverAlias } as const;
  const { code } = await queueClient(url, owner).call("createPairing", { body: wanted });
  const claimed = await queueClient(url).call("claimPairing", { body: { code, for: "agent" } });
  if (claimed.for !== "agent") throw new Error("A code for an agent turned into something else");
  const { key, secret } = claimed.key;
  const file = { server_alias: serverAlias, key, secret };
  writePrivateFile(path, `${JSON.stringify(file, null, 2)}\n`);
  return { key, secret };
}

/** Writes what the agent is told; answers the file's path. */
export function writeAgentSettings(
  stateDir: string,
  told: {
    url: string;
    pair: KeyPair;
    forgeUrl: string;
    forgeApiAuth: string | null;
    isForgeDedicated: boolean;
  },
): string {
  const path = join(stateDir, "agent.toml");
  const settings = {
    url: told.url,
    key: told.pair.key,
    secret: told.pair.secret,
    forge_url: told.forgeUrl,
    ...(told.forgeApiAuth === null ? {} : { forge_api_auth: told.forgeApiAuth }),
    dedicated: told.isForgeDedicated,
    state_dir: join(stateDir, "agent"),
  };
  writePrivateFile(path, `# Written at each start.\n${stringify(settings)}\n`);
  return path;
}
