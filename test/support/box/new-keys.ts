import { randomBytes, randomUUID } from "node:crypto";
import { ROLES } from "@mobilesd/contract";
import { hashSecret, keyIdOf, makeToken } from "../../../src/domain/credentials.ts";
import { type Queue, SECRETS } from "./queue.ts";

/** A key as its holder has it. */
export interface KeyPair {
  readonly key: string;
  readonly secret: string;
}

type Database = Awaited<ReturnType<Queue["worker"]["db"]>>;

const NOW = new Date().toISOString();

/** A new key, and the statement that writes it into a queue's rows. */
function makeKey(
  db: Database,
  of: { ownerId: string; role: keyof typeof ROLES; alias: string | null },
) {
  const key = makeToken("msk_", (count) => randomBytes(count));
  const secret = makeToken("mss_", (count) => randomBytes(count));
  const columns = "id, name, key, secret, created_at, permissions, owner_id, server_alias";
  const permissions = ROLES[of.role].join(" ");
  const hash = hashSecret(secret, SECRETS.KEY_PEPPER);
  const statement = db
    .prepare(`INSERT INTO api_keys (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
    .bind(keyIdOf(key), "a key", key, hash, NOW, permissions, of.ownerId, of.alias);
  return { pair: { key, secret } satisfies KeyPair, statement };
}

/** A key of another owner of a queue, who sees their own jobs alone. No verb makes one. */
export async function newMember(queue: Queue): Promise<KeyPair> {
  const db = await queue.worker.db();
  const ownerId = `own_${randomUUID().replaceAll("-", "").slice(0, 22)}`;
  const { pair, statement } = makeKey(db, { ownerId, role: "member", alias: null });
  const owner = db
    .prepare("INSERT INTO owners (id, name, created_at) VALUES (?, ?, ?)")
    .bind(ownerId, `owner ${ownerId}`, NOW);
  await db.batch([owner, statement]);
  return pair;
}

/** Servers whose agents have said hello, all written at once: their keys and sessions. */
export async function newAgents(
  queue: Queue,
  aliases: readonly string[],
): Promise<{ readonly key: KeyPair; readonly sessionId: string }[]> {
  const db = await queue.worker.db();
  const owner = await db.prepare("SELECT id FROM owners LIMIT 1").first<{ id: string }>();
  if (!owner) throw new Error("The queue has no owner");
  const made = aliases.map((alias) => {
    const sessionId = randomUUID();
    const columns = "alias, owner_id, created_at, session_id, session_started_at";
    const server = db
      .prepare(`INSERT INTO servers (${columns}) VALUES (?, ?, ?, ?, ?)`)
      .bind(alias, owner.id, NOW, sessionId, NOW);
    return { sessionId, server, ...makeKey(db, { ownerId: owner.id, role: "agent", alias }) };
  });
  await db.batch(made.flatMap(({ server, statement }) => [server, statement]));
  return made.map(({ pair, sessionId }) => ({ key: pair, sessionId }));
}
