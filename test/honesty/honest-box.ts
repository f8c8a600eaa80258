import { type JobStatusView, ProblemError } from "@mobilesd/contract";
import { startAgent } from "../support/box/agent.ts";
import { type Desk, openDesk } from "./desk.ts";
import { type Ended, endedAs, refusedAs } from "./ended.ts";
import type { Chapter, Scenario, Seen } from "./loss.ts";
import { runEarly, runOnNew } from "./new-server.ts";
import { changedOptions, type Place, putBack, readOptions, startPlace } from "./place.ts";

/** A queue, an agent and a Forge, with a proxy before the Forge that can be told to lie. */
export interface HonestBox {
  run(scenario: Scenario): Promise<Ended & { readonly seen: Seen }>;
  stop(): Promise<void>;
}

/** What all scenarios of a box share. */
interface Ground {
  readonly desk: Desk;
  /** The result of the small job as it was when nothing else had run. */
  readonly alone: Buffer;
  /** Jobs that were queued for a server before its agent came, and are over. */
  readonly early: ReadonlyMap<Scenario, string>;
}

/** Whether a scenario needs nothing but a server that has not told yet what it has. */
const isPlainlyNew = ({ server, owner, lie }: Scenario) =>
  server !== undefined && Object.keys(server).length === 0 && !owner && !lie;

async function runJob(
  { desk, early }: Ground,
  place: Place,
  scenario: Scenario,
): Promise<JobStatusView> {
  const { job, after, server } = scenario;
  const earlyId = early.get(scenario);
  if (earlyId !== undefined) return desk.reachEnd(earlyId);
  if (server) return runOnNew(desk, place, server, job);
  const earlier = after && (await desk.submit(after));
  const id = await desk.submit(job);
  if (earlier) await desk.queue.reach(earlier, "completed");
  return desk.reachEnd(id);
}

async function runAt(ground: Ground, place: Place, scenario: Scenario) {
  const { forge, lying } = place;
  await scenario.owner?.(forge);
  const sentBefore = lying.sent.length;
  const options = await readOptions(forge);
  const see = async (view: JobStatusView | null): Promise<Seen> => ({
    sent: lying.sent.slice(sentBefore),
    view,
    pictures: view ? await ground.desk.picturesOf(view) : [],
    alone: ground.alone,
    changedOptions: changedOptions(options, await readOptions(forge)),
    mostAtOnce: lying.mostAtOnce(),
  });
  lying.lie(scenario.lie ?? null);
  if (scenario.fault) forge.faults.set(scenario.fault);
  try {
    const view = await runJob(ground, place, scenario);
    return { ...endedAs(view), seen: await see(view) };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { ...refusedAs(error.problem), seen: await see(null) };
  } finally {
    forge.faults.clear();
    lying.lie(null);
  }
}

/** Starts a box of its own for a chapter of the table. */
export async function startHonestBox({ lists = {}, losses }: Chapter): Promise<HonestBox> {
  const [desk, own] = await Promise.all([openDesk(), startPlace(lists)]);
  const { queue } = desk;
  const access = { url: queue.worker.url, key: queue.agentKey, forgeUrl: own.lying.url };
  const agent = startAgent(access);
  const first = await desk.reachEnd(await desk.submit({}));
  const [alone = Buffer.alloc(0)] = await desk.picturesOf(first);
  const scenarios = losses.flatMap((loss) => loss.scenarios);
  const early = await runEarly(desk, own, scenarios.filter(isPlainlyNew));
  const ground = { desk, alone, early };
  return {
    async run(scenario) {
      const { isFresh, hashesNothing } = scenario.server ?? {};
      const place = isFresh ? await startPlace(lists, hashesNothing) : own;
      try {
        return await runAt(ground, place, scenario);
      } finally {
        await (isFresh ? place.stop() : putBack(own));
      }
    },
    async stop() {
      agent.stop.stopNow();
      await agent.end;
      await own.stop();
      await queue.stop();
    },
  };
}
