import { pingDatabase, toTimestamp } from "../storage/database.ts";
import type { Context } from "./context.ts";

/** Whether the queue can work: D1 and R2 each answer a small question. Throws what they throw. */
export async function checkHealth(ctx: Context) {
  await Promise.all([pingDatabase(ctx.db), ctx.bucket.head("health")]);
  const server_time = toTimestamp(ctx.clock());
  return { status: "ok" as const, version: ctx.settings.version, server_time };
}
