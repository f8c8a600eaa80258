import { errorTextOf } from "../domain/error-text.ts";
import { pingDatabase, toTimestamp } from "../storage/database.ts";
import { AppError } from "./app-error.ts";
import type { Context } from "./context.ts";

/** Whether the queue can work: D1 and R2 each answer a small question, or it is `unavailable`. */
export async function checkHealth(ctx: Context) {
  try {
    await Promise.all([pingDatabase(ctx.db), ctx.bucket.head("health")]);
  } catch (error) {
    ctx.log("unhealthy", errorTextOf(error));
    throw new AppError("unavailable");
  }
  const server_time = toTimestamp(ctx.clock());
  return { status: "ok" as const, version: ctx.settings.version, server_time };
}
