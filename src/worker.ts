import { runScheduled } from "./cron/upkeep.ts";
import { type Env, parseEnv, settingsOf, type WakeMessage } from "./env.ts";
import { createApp } from "./http/app.ts";
import { consumeBatch } from "./queue/consumer.ts";
import type { AuthCache, Context, Log } from "./services/context.ts";
import { isDatabaseTrouble, openDatabase } from "./storage/database.ts";

const log: Log = (event, fields = {}) => {
  // biome-ignore lint/suspicious/noConsole: the platform's log is its console.
  console.log(JSON.stringify({ event, ...fields }));
};
const authCache: AuthCache = new Map();
const uuid = () => crypto.randomUUID();

function contextOf(
  env: Env,
  origin: string,
  execution: Pick<ExecutionContext, "waitUntil">,
): Context {
  return {
    db: openDatabase(env.DB),
    bucket: env.BUCKET,
    settings: settingsOf(env),
    clock: () => Date.now(),
    random: () => Math.random(),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    uuid,
    wakeAfter: async (delayMs) => {
      const delaySeconds = Math.min(Math.ceil(delayMs / 1000), WAKE_DELAY_S_MAX);
      await env.WAKE.send({ type: "sweep" }, { delaySeconds });
    },
    defer: (work) =>
      execution.waitUntil(work.catch((error) => log("deferred_failed", { error: String(error) }))),
    log,
    authCache,
    origin: env.PUBLIC_URL ?? origin,
  };
}

/** Cloudflare Queues delay a message by a day at most. */
const WAKE_DELAY_S_MAX = 86_400;

export default {
  fetch(request, raw, execution) {
    const origin = new URL(request.url).origin;
    const contextFor = () => contextOf(parseEnv(raw), origin, execution);
    const app = createApp({ contextFor, log, uuid, isPlatformTrouble: isDatabaseTrouble });
    return app.fetch(request, raw, execution);
  },
  async queue(batch, raw, execution) {
    await consumeBatch(contextOf(parseEnv(raw), "", execution), batch);
  },
  async scheduled(controller, raw, execution) {
    await runScheduled(contextOf(parseEnv(raw), "", execution), controller.cron);
  },
} satisfies ExportedHandler<unknown & object, WakeMessage>;
