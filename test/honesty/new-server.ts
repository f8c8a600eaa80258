import { randomUUID } from "node:crypto";
import type { JobStatusView } from "@mobilesd/contract";
import { startAgent } from "../support/box/agent.ts";
import { pairAgent } from "../support/box/queue.ts";
import type { Desk } from "./desk.ts";
import { runAndKill } from "./killed-agent.ts";
import type { Job, NewServer, Scenario } from "./loss.ts";
import type { Place } from "./place.ts";

/** A server that no agent has come for yet: its alias, and how its agent gets to queue and Forge. */
async function pairServer({ queue }: Desk, { lying }: Place) {
  const alias = `Box${randomUUID().slice(0, 8)}`;
  const key = await pairAgent(queue.worker, queue.owner, alias);
  return { alias, access: { url: queue.worker.url, key, forgeUrl: lying.url } };
}

/** Runs what is queued for a server, with an agent that goes when it is done. */
async function withAgent<T>(
  options: Parameters<typeof startAgent>[0],
  work: () => Promise<T>,
): Promise<T> {
  const agent = startAgent(options);
  try {
    return await work();
  } finally {
    agent.stop.stopNow();
    await agent.end;
  }
}

/** Runs a job on a server that its agent comes for after the job was queued. */
export async function runOnNew(
  desk: Desk,
  place: Place,
  server: NewServer,
  job: Job,
): Promise<JobStatusView> {
  const { forge } = place;
  const { alias, access } = await pairServer(desk, place);
  const { isDedicated = false, isKilled, ownerLater } = server;
  const options = { ...access, box: { isDedicated } };
  if (ownerLater) {
    return withAgent(options, async () => {
      // After the first run of a model its Forge is looked at anyway.
      for (let runs = 0; runs < 2; runs++) await desk.reachEnd(await desk.submit({}, alias));
      await ownerLater(forge);
      return desk.reachEnd(await desk.submit(job, alias));
    });
  }
  const id = await desk.submit(job, alias);
  if (isKilled) return runAndKill({ ...access, forge }, () => desk.reachEnd(id));
  return withAgent(options, () => desk.reachEnd(id));
}

/** Queues jobs for a server that then comes for all of them; answers their ids once all are over. */
export async function runEarly(
  desk: Desk,
  place: Place,
  scenarios: readonly Scenario[],
): Promise<ReadonlyMap<Scenario, string>> {
  const { alias, access } = await pairServer(desk, place);
  const queued = scenarios.map(async (one) => [one, await desk.submit(one.job, alias)] as const);
  const ids = new Map(await Promise.all(queued));
  await withAgent(access, () => Promise.all([...ids.values()].map((id) => desk.reachEnd(id))));
  return ids;
}
