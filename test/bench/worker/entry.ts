/** The Worker as it is, beside the bare routes it is compared with, and with a count of what D1 does for it. */
import type { WakeMessage } from "../../../src/env.ts";
import worker from "../../../src/worker.ts";
import { type ObservedDatabase, observeDatabase } from "../../support/workerd/observed-database.ts";
import { type BareBindings, bare } from "./bare.ts";

/** Requests with this header are counted; the others meet D1 itself, so that counting slows nothing timed. */
const COUNT_HEADER = "Bench-Count";

interface Counted {
  readonly raw: BareBindings;
  readonly database: ObservedDatabase;
}

const countedByRaw = new WeakMap<object, Counted>();

function countedOf(raw: BareBindings): Counted {
  const known = countedByRaw.get(raw);
  if (known) return known;
  const database = observeDatabase(raw.DB);
  const counted = { raw: { ...raw, DB: database.d1 }, database };
  countedByRaw.set(raw, counted);
  return counted;
}

/** What was counted since it was last asked: D1 calls (a batch is one), and the rows of each statement. */
function takeCounts({ database }: Counted): Response {
  const counts = { calls: database.statements.length, costs: [...database.costs] };
  database.startCounting();
  return Response.json(counts);
}

export default {
  ...worker,
  fetch(request, raw, execution) {
    const { pathname } = new URL(request.url);
    if (pathname === "/bench/counts") return takeCounts(countedOf(raw));
    if (pathname.startsWith("/bench/")) return bare.fetch(request, raw, execution);
    const isCounted = request.headers.has(COUNT_HEADER);
    return worker.fetch(request, isCounted ? countedOf(raw).raw : raw, execution);
  },
} satisfies ExportedHandler<BareBindings, WakeMessage>;
