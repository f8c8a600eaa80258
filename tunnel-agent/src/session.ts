import { createHash } from "node:crypto";
import type { Catalogue, Durations, HelloAnswer, ServerOrders } from "@mobilesd/contract";
import type { Cloud } from "./cloud/client.ts";
import type { Host } from "./forge/host.ts";
import { type Lookout, lookAtHost } from "./forge/look-at-host.ts";
import { readFacts } from "./forge/read-catalogue.ts";
import type { Log } from "./log.ts";

/** What the queue said when it was greeted. */
export interface ToldSession {
  readonly id: string;
  readonly durations: Durations;
}

/** What the queue knows of this agent: it was greeted, and told what the box has. */
export interface Session extends ToldSession {
  readonly serverAlias: string;
  /** What its owner had last told the box when the session began. */
  readonly orders: ServerOrders;
  readonly host: Host;
  /** The catalogue that the queue has. */
  readonly catalogueSha256: string;
}
export interface SessionDeps extends Lookout {
  readonly cloud: Cloud;
  readonly log: Log;
  readonly agentVersion: string;
  /** Told of the session, or of its end, so that requests carry its id. */
  readonly setSession: (session: ToldSession | null) => void;
}

function sha256OfCatalogue(catalogue: Catalogue): string {
  return createHash("sha256").update(JSON.stringify(catalogue)).digest("hex");
}

function countsOf(catalogue: Catalogue): Record<string, number> {
  return { checkpoints: catalogue.checkpoints.length, loras: catalogue.loras.length };
}

/** Reads what Forge has at this moment. Throws what Forge throws. */
export async function readHost(deps: Lookout & { readonly log: Log }): Promise<Host> {
  const { host, droppedCount } = await lookAtHost(deps);
  if (droppedCount > 0) {
    const words = "Some names of Forge's lists are too long or empty; left out";
    deps.log.warn({ count: droppedCount }, words);
  }
  return host;
}

/**
 * Greets the queue and brings its picture of this box up to date. `setSession` hears of it before
 * the catalogue is sent, as that needs it. Throws what the cloud and Forge throw.
 */
export async function openSession(deps: SessionDeps): Promise<Session> {
  const { cloud, forge, log } = deps;
  const host = await readHost(deps);
  const catalogueSha256 = sha256OfCatalogue(host.catalogue);
  const facts = await readFacts(forge);
  const body = {
    agent_version: deps.agentVersion,
    ...facts,
    catalogue_sha256: catalogueSha256,
  };
  const answer: HelloAnswer = await cloud.once("hello", { body });
  const told = { id: answer.session_id, durations: answer.durations };
  deps.setSession(told);
  if (answer.catalogue_wanted) await cloud.once("putCatalogue", { body: host.catalogue });
  const fields = {
    server_alias: answer.server_alias,
    forge: facts.forge.flavour,
    ...countsOf(host.catalogue),
  };
  log.info(fields, "Connected: the queue knows this box and what it has");
  const { server_alias: serverAlias, orders } = answer;
  return { ...told, serverAlias, orders, host, catalogueSha256 };
}

/**
 * Reads Forge's lists again and hands them on if they changed, or in any case when `isForced`: taking them
 * in makes the queue look again at the jobs that wait for a checkpoint. Throws what the cloud and Forge throw.
 */
export async function refreshSession(
  session: Session,
  deps: SessionDeps,
  isForced: boolean,
): Promise<Session> {
  const host = await readHost(deps);
  const catalogueSha256 = sha256OfCatalogue(host.catalogue);
  if (!isForced && catalogueSha256 === session.catalogueSha256) return { ...session, host };
  await deps.cloud.once("putCatalogue", { body: host.catalogue });
  deps.log.info(countsOf(host.catalogue), "Forge's lists changed; the queue has the new ones");
  return { ...session, host, catalogueSha256 };
}
