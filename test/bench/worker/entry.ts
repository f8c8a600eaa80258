/** The Worker as it is, beside the bare routes it is compared with, and with a count of what D1 does for it. */
import { contextOf } from "../../../src/compose.ts";
import { serverHub } from "../../../src/durable/server-hub.ts";
import type { WakeMessage } from "../../../src/env.ts";
import worker from "../../../src/worker.ts";
import { type BareBindings, bare } from "./bare.ts";
import { Counter } from "./counted.ts";

/** Requests with this header are counted by themselves. */
const COUNT_HEADER = "Bench-Count";

const counter = new Counter();

/** The environment for what has no header: what an event, a queue or a cron starts. */
const ofAll = (raw: BareBindings) => (counter.isCountingAll ? counter.counted(raw) : raw);

export class ServerHub extends serverHub((env, state) =>
  contextOf(counter.countedInTurn(env as BareBindings), null, state),
) {}

export default {
  fetch(request, raw, execution) {
    const { pathname } = new URL(request.url);
    if (pathname === "/bench/counts") return Response.json(counter.take());
    if (pathname.startsWith("/bench/count-all/")) {
      counter.isCountingAll = pathname.endsWith("/on");
      return Response.json(counter.take());
    }
    if (pathname.startsWith("/bench/")) return bare.fetch(request, raw, execution);
    counter.note(request);
    const isCounted = request.headers.has(COUNT_HEADER);
    return worker.fetch(request, isCounted ? counter.counted(raw) : ofAll(raw), execution);
  },
  queue: (batch, raw, execution) => worker.queue(batch, ofAll(raw), execution),
  scheduled: (controller, raw, execution) => worker.scheduled(controller, ofAll(raw), execution),
} satisfies ExportedHandler<BareBindings, WakeMessage>;
