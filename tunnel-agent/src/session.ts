import { createHash } from "node:crypto";
import type { Catalogue, Durations, HelloAnswer } from "@mobilesd/contract";
import type { Cloud } from "./cloud/client.ts";
import type { ForgeClient } from "./forge/client.ts";
import { readCatalogue, readHost } from "./forge/read-catalogue.ts";
import type { Log } from "./log.ts";

/** What the queue knows of this agent: it was greeted, and told what the box has. */
export interface Session {
  readonly durations: Durations;
  readonly catalogue: Catalogue;
  readonly catalogueSha256: string;
}

function sha256OfCatalogue(catalogue: Catalogue): string {
  return createHash("sha256").update(JSON.stringify(catalogue)).digest("hex");
}

function checkpointCount(catalogue: Catalogue): Record<string, number> {
  return { checkpoints: catalogue.checkpoints.length, loras: catalogue.loras.length };
}

async function readLists(forge: ForgeClient, log: Log): Promise<Catalogue> {
  const { catalogue, droppedCount } = await readCatalogue(forge);
  if (droppedCount > 0) {
    log.warn(
      { count: droppedCount },
      "Some names of Forge's lists are too long or empty; left out",
    );
  }
  return catalogue;
}

/**
 * Greets the queue and brings its picture of this box up to date. `setSession` hears of the id before
 * the catalogue is sent, as that needs it. Throws what the cloud and Forge throw.
 */
export async function openSession(
  cloud: Cloud,
  forge: ForgeClient,
  log: Log,
  agentVersion: string,
  setSession: (id: string) => void,
): Promise<Session> {
  const catalogue = await readLists(forge, log);
  const sha256 = sha256OfCatalogue(catalogue);
  const host = await readHost(forge);
  const body = { agent_version: agentVersion, ...host, catalogue_sha256: sha256 };
  const answer: HelloAnswer = await cloud.once("hello", { body });
  setSession(answer.session_id);
  if (answer.catalogue_wanted) await cloud.once("putCatalogue", { body: catalogue });
  const { flavour } = host.forge;
  const facts = {
    server_alias: answer.server_alias,
    forge: flavour,
    ...checkpointCount(catalogue),
  };
  log.info(facts, "Connected: the queue knows this box and what it has");
  return {
    durations: answer.durations,
    catalogue,
    catalogueSha256: sha256,
  };
}

/**
 * Reads Forge's lists again and hands them on if they changed, or in any case when `isForced`: taking them
 * in makes the queue look again at the jobs that wait for a checkpoint. Throws what the cloud and Forge throw.
 */
export async function refreshCatalogue(
  session: Session,
  cloud: Cloud,
  forge: ForgeClient,
  log: Log,
  isForced: boolean,
): Promise<Session> {
  const catalogue = await readLists(forge, log);
  const catalogueSha256 = sha256OfCatalogue(catalogue);
  if (!isForced && catalogueSha256 === session.catalogueSha256) return session;
  await cloud.once("putCatalogue", { body: catalogue });
  log.info(checkpointCount(catalogue), "Forge's lists changed; the queue has the new ones");
  return { ...session, catalogue, catalogueSha256 };
}
