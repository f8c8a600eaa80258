import { type Catalogue, checkpointKeys, resolveCheckpoint } from "@mobilesd/contract";
import { catalogueNames } from "../../domain/catalogue.ts";
import { catalogueKey } from "../../storage/images.ts";
import { findServersJobs } from "../../storage/jobs.ts";
import {
  holdMissingCheckpoints,
  listWaitingCheckpoints,
  renameCheckpoint,
} from "../../storage/queue.ts";
import { findServer, replaceCatalogueNames, updateServer } from "../../storage/servers.ts";
import { AppError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";
import { tellOfJobs, tellOfMany } from "../tell-hub.ts";

/** Jobs whose news is told one by one; of more than these those who watch hear that there is something new. */
const TOLD_JOBS_MAX = 50;

/** Tells of the jobs that a new catalogue held back or let go. */
async function tellOfHolds(
  ctx: ActorContext,
  alias: string,
  { held, freed }: Awaited<ReturnType<typeof holdMissingCheckpoints>>,
) {
  const ids = [...held, ...freed];
  if (ids.length > TOLD_JOBS_MAX) tellOfMany(ctx, alias, freed.length > 0);
  else if (ids.length > 0) {
    tellOfJobs(ctx, alias, { jobs: await findServersJobs(ctx.db, ids, alias) });
  }
}

/**
 * Takes over a server's catalogue: the whole as an object, its names as rows. Jobs that wait for a
 * checkpoint which is not there are held, and let go when it is back. The hash is noted last: a request
 * that was cut short is wanted again.
 */
export async function putCatalogue(
  ctx: ActorContext,
  catalogue: Catalogue,
  json: { text: string; sha256: string },
  sessionId: string | null,
): Promise<void> {
  const server = await findServer(ctx.db, ctx.actor.serverAlias ?? "");
  if (!server?.sessionId || sessionId === null) throw new AppError("session_unknown");
  if (server.sessionId !== sessionId) throw new AppError("session_superseded");
  await ctx.bucket.put(catalogueKey(server.alias), json.text, {
    httpMetadata: { contentType: "application/json" },
  });
  const names = catalogueNames(catalogue);
  await replaceCatalogueNames(ctx.db, server.alias, names);
  const checkpoints = names.filter((one) => one.kind === "checkpoint");
  for (const given of await listWaitingCheckpoints(ctx.db, server.alias)) {
    const keys = checkpointKeys(given);
    const candidates = checkpoints.filter((one) => keys.includes(one.key));
    const resolved = resolveCheckpoint(given, candidates);
    if (resolved.type === "found" && resolved.checkpoint.name !== given) {
      await renameCheckpoint(ctx.db, server.alias, given, resolved.checkpoint.name);
    }
  }
  const changed = await holdMissingCheckpoints(ctx.db, server.alias, ctx.clock());
  await updateServer(ctx.db, server.alias, { catalogueSha256: json.sha256 });
  ctx.defer(tellOfHolds(ctx, server.alias, changed));
  ctx.log("catalogue_replaced", { server_alias: server.alias, names: names.length });
}
