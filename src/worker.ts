import { contextOf, log, uuid } from "./compose.ts";
import { runScheduled } from "./cron/upkeep.ts";
import { serverHub } from "./durable/server-hub.ts";
import type { WakeMessage } from "./env.ts";
import { createApp } from "./http/app.ts";
import { consumeBatch } from "./queue/consumer.ts";
import { isDatabaseTrouble } from "./storage/database.ts";

const app = createApp({
  contextFor: (request, raw, execution) => contextOf(raw, new URL(request.url).origin, execution),
  log,
  uuid,
  isPlatformTrouble: isDatabaseTrouble,
});

/** One object a server: its live sockets. */
export class ServerHub extends serverHub((env, state) => contextOf(env, null, state)) {}

export default {
  fetch: (request, raw, execution) => app.fetch(request, raw, execution),
  async queue(batch, raw, execution) {
    await consumeBatch(contextOf(raw, null, execution), batch);
  },
  async scheduled(controller, raw, execution) {
    await runScheduled(contextOf(raw, null, execution), controller.cron);
  },
} satisfies ExportedHandler<object, WakeMessage>;
