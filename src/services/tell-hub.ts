import type { HubMessage, JobStatus } from "@mobilesd/contract";
import { errorTextOf } from "../domain/error-text.ts";
import type { HubHeard, HubNews, JobNews } from "../domain/hub.ts";
import { HELD_WAKE_AT } from "../domain/job-machine.ts";
import { waitsForServer } from "../domain/presence.ts";
import type { ImageRow } from "../storage/images.ts";
import type { JobRow } from "../storage/jobs.ts";
import { findServerWithLease, type ServerRow } from "../storage/servers.ts";
import type { Context } from "./context.ts";
import { HEARD_SERVER, NO_SERVER, type SightedServer, sightServers } from "./server-sight.ts";
import { viewJob } from "./view-job.ts";

/** The rows that a verb has changed, all of one server, and what it knows of them beyond. */
export interface ChangedJobs {
  readonly jobs: readonly JobRow[];
  /** The pictures of those that have any. */
  readonly images?: readonly ImageRow[];
  /** How the server is, where that was looked at already. */
  readonly server?: SightedServer;
}

const WORK: HubMessage = { type: "work" };

/** Tells the agent that holds a job's lease that the job is wanted no more; nothing where nobody holds it. */
export function cancelOf(held: JobRow): HubMessage[] {
  const { leaseHash, mobilesdJobId: mobilesd_job_id, epoch } = held;
  return leaseHash === null ? [] : [{ type: "cancel", mobilesd_job_id, epoch }];
}

/** Looked at only for jobs that wait for it, or whose box went away: no other view tells how the server is. */
async function sightFor(
  ctx: Context,
  alias: string,
  { jobs, server }: ChangedJobs,
): Promise<SightedServer> {
  const isNeeded = (job: JobRow) => waitsForServer(job) || job.statusReason === "agent_offline";
  if (server || !jobs.some(isNeeded)) return server ?? HEARD_SERVER;
  const row = await findServerWithLease(ctx.db, alias);
  const sighted = await sightServers(ctx, row ? [row] : [], new Set());
  return sighted.get(alias) ?? NO_SERVER;
}

/** Addresses of pictures begin with a slash: each watcher reaches the queue where it reaches it. */
function newsOf(
  ctx: Context,
  job: JobRow,
  images: readonly ImageRow[],
  server: SightedServer,
): JobNews[] {
  if (job.ownerId === null) return [];
  const { mobilesdJobId: mobilesd_job_id, ownerId, epoch } = job;
  const own = images.filter((image) => image.mobilesdJobId === mobilesd_job_id);
  const view = viewJob({ ...ctx, origin: "" }, job, own, server);
  const status = job.status as JobStatus;
  return [{ ownerId, epoch, event: { type: "job", mobilesd_job_id, status, job: view } }];
}

/** When the earliest of some rows wants to be looked at, if any does. */
function lookAtOf(jobs: readonly JobRow[]): Pick<HubNews, "lookAt"> {
  const times = jobs.flatMap(({ wakeAt }) =>
    wakeAt === null || wakeAt >= HELD_WAKE_AT ? [] : [wakeAt],
  );
  return times.length === 0 ? {} : { lookAt: Math.min(...times) };
}

/**
 * What a hub is told of rows that were just written: those who watch see them, the agent is rung when one can
 * be claimed, and the hub looks at them when their time comes. `more` goes along.
 */
async function newsOfJobs(
  ctx: Context,
  alias: string,
  changed: ChangedJobs,
  { toAgent: asked = [], ...more }: HubNews,
): Promise<HubNews> {
  const server = await sightFor(ctx, alias, changed);
  const isClaimable = server.isActive && changed.jobs.some(waitsForServer);
  const toAgent = [...asked, ...(isClaimable ? [WORK] : [])];
  return {
    ...lookAtOf(changed.jobs),
    ...more,
    jobs: changed.jobs.flatMap((job) => newsOf(ctx, job, changed.images ?? [], server)),
    ...(toAgent.length > 0 ? { toAgent } : {}),
  };
}

/**
 * Tells a hub. Where it is out of reach, what it was to look at later is asked of the wake queue, and the
 * error goes on.
 */
async function tell(ctx: Context, alias: string, news: HubNews): Promise<HubHeard> {
  try {
    return await ctx.hubs.tell(alias, news);
  } catch (error) {
    const { lookAt } = news;
    if (lookAt !== undefined) await ctx.wakeServer(alias, Math.max(0, lookAt - ctx.clock()));
    throw error;
  }
}

/** Tells a server's hub of rows that were just written, after the answer. A hub out of reach is logged. */
export function tellOfJobs(
  ctx: Context,
  alias: string,
  changed: ChangedJobs,
  more: HubNews = {},
): void {
  const told = async () => tell(ctx, alias, await newsOfJobs(ctx, alias, changed, more));
  ctx.defer(told());
}

/**
 * Tells a server's hub of an order, with nothing read before. Answers whether the agent is connected and heard
 * of it; a hub out of reach is logged.
 */
export async function tellOrder(ctx: Context, alias: string, news: HubNews): Promise<boolean> {
  try {
    return (await tell(ctx, alias, news)).isAgentThere;
  } catch (error) {
    ctx.log("order_not_heard", { server_alias: alias, ...errorTextOf(error) });
    return false;
  }
}

/** Tells that more rows of a server changed than are told one by one: who watches asks anew. */
export function tellOfMany(ctx: Context, alias: string, isClaimable: boolean): void {
  ctx.defer(tell(ctx, alias, { isGap: true, ...(isClaimable ? { toAgent: [WORK] } : {}) }));
}

/** Tells of a job that is gone; an agent that had taken it need not begin. */
export function tellOfDeletion(ctx: Context, job: JobRow): void {
  const { mobilesdJobId: mobilesd_job_id, ownerId, epoch } = job;
  const event = { type: "job", mobilesd_job_id, status: null, job: null } as const;
  const toAgent = cancelOf(job);
  const news = {
    jobs: ownerId === null ? [] : [{ ownerId, epoch, event }],
    ...(toAgent.length > 0 ? { toAgent } : {}),
  };
  ctx.defer(tell(ctx, job.targetServerAlias, news));
}

/** Tells those who watch that an agent is back which had lost its socket, and asks for work without one. */
export function tellOfReturn(ctx: Context, { alias, leftAt, lastSeenAt }: ServerRow): void {
  const wasAway = leftAt !== null && (lastSeenAt ?? 0) <= leftAt;
  if (wasAway) ctx.defer(ctx.hubs.tell(alias, { hasOrders: true }));
}

/** Rings a server's agent: there may be something to claim, and an order that it has not heard of. */
export function ringServer(ctx: Context, alias: string): void {
  ctx.defer(tell(ctx, alias, { toAgent: [WORK], hasOrders: true }));
}
