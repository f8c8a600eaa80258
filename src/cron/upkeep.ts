import type { Context } from "../services/context.ts";
import { prune } from "../services/upkeep/prune.ts";
import { sweep } from "../services/upkeep/sweep.ts";

/** Once a night, when few are awake in most places. */
export const NIGHTLY_CRON = "17 3 * * *";

/** The minute's sweep, and the night's clean-up. The sweep alone keeps every promise about jobs. */
export async function runScheduled(ctx: Context, cron: string): Promise<void> {
  if (cron === NIGHTLY_CRON) await prune(ctx);
  else await sweep(ctx);
}
