import { diffPreviews } from "../compare/previews.ts";
import { isObject, type JsonObject, mapTexts } from "../compare/difference.ts";
import { diffTraces, measureHandover } from "../compare/trace.ts";
import { BASE_REQUEST, drawOne } from "../forge/lab.ts";
import { measurePace, type Pace } from "../forge/pace.ts";
import { recordTrace, type TraceStep } from "../forge/watch.ts";
import { loadTrace, type Trace } from "../recording.ts";
import type { Session } from "../session.ts";
import { type Case, exchange, type Group } from "./case.ts";

/** What happens in a trace; a job is the number of its request in the recording. */
type Step = { job: number } | Exclude<TraceStep, { type: "job" }>;

const JOB = { job: 0 };
const SECOND_JOB = { job: 1 };
const at = (samplingStep: number): Step => ({ type: "at", samplingStep });
const post = (path: string): Step => ({ type: "post", path });

/** In the order in which they were recorded: each begins with what the one before left behind. */
const TRACES: Record<string, Step[]> = {
  plain10: [JOB],
  n_iter2: [JOB],
  hires: [JOB],
  preview: [JOB],
  interrupt: [JOB, at(4), post("/sdapi/v1/interrupt")],
  interrupt_n_iter2: [JOB, at(3), post("/sdapi/v1/interrupt")],
  skip_n_iter2: [JOB, at(3), post("/sdapi/v1/skip")],
  queued: [JOB, at(2), SECOND_JOB],
  interrupt_queued: [JOB, at(2), SECOND_JOB, at(4), post("/sdapi/v1/interrupt")],
  same_id_twice: [JOB, at(2), SECOND_JOB],
  exception: [JOB, { type: "join" }, SECOND_JOB],
  disconnect: [JOB, at(3), { type: "leave" }],
};

/** Traces with a job that waits while another one runs. */
const WITH_WAITING_JOB = ["queued", "interrupt_queued", "same_id_twice"];

interface Watched {
  trace: Trace;
  pace: Pace;
}

const watched = new WeakMap<Session, { pace: Pace; traces: Map<string, Watched> }>();

function trace(name: string, steps: Step[]): Case {
  return { id: `progress/${name}`, run: (session) => runTrace(session, name, steps) };
}

async function runTrace(session: Session, name: string, steps: Step[]): Promise<string[]> {
  const recorded = loadTrace(`progress/${name}`);
  const { pace, traces } = demandPace(session);
  const rename = (text: string) => session.rename(text);
  const requests = recorded.lines
    .map(({ request }) => request)
    .filter(isObject)
    .map((request) => ({ ...(mapTexts(request, rename) as JsonObject), ...pace.size }));
  const fresh = await recordTrace(session.forge, {
    name,
    ids: recorded.ids.map(rename),
    steps: steps.map((step) =>
      "job" in step ? { type: "job", body: requests[step.job] ?? {} } : step,
    ),
    hasPreviews: name === "preview",
    intervalMs: pace.intervalMs,
    deadIds: session.deadIds,
    witness: session.watching?.witness ?? null,
  });
  traces.set(name, { trace: fresh, pace });
  const differences = diffTraces(recorded, fresh, { ...pace, rename });
  if (name !== "preview") return differences;
  const [expected, actual] = [
    { trace: recorded, width: BASE_REQUEST.width },
    { trace: fresh, width: pace.size.width },
  ];
  return [...differences, ...(await diffPreviews(expected, actual))];
}

function demandPace(session: Session) {
  const known = watched.get(session);
  if (!known) throw new Error("The pace of this Forge was not measured");
  return known;
}

/** What a trace says of a job that waits; one trace in which it shows is enough. */
const HANDOVER: Case = {
  id: "progress/a waiting job begins before the answer of the one before is read",
  run: async (session) => {
    const { traces } = demandPace(session);
    const leads = WITH_WAITING_JOB.map((name) => traces.get(name)).flatMap((seen) =>
      seen ? [measureHandover(seen.trace)] : [],
    );
    if (leads.some((leadMs) => leadMs > 0)) return [];
    return [`the second job began after the answer, by ${leads.map((ms) => -ms).join(", ")} ms`];
  },
};

/** Whether the recordings bear out the fact above; for the suite's own test. */
export function listRecordedHandovers(): number[] {
  return WITH_WAITING_JOB.map((name) => measureHandover(loadTrace(`progress/${name}`)));
}

/** The first job after the start, during which the model is read. */
export const COLD: Group = {
  name: "before and during the first load",
  needs: ["page", "fresh"],
  cases: [
    ...["sd-models", "sd-modules", "embeddings", "memory", "progress"].map((name) =>
      exchange(`lists/${name}-before-first-load`),
    ),
    trace("cold_load", [JOB]),
    ...["sd-models", "embeddings"].map((name) => exchange(`lists/${name}-after-first-load`)),
  ],
  begin: async (session) => {
    // A Forge that has run nothing has no pace yet; a load is long on every machine.
    const { width, height } = BASE_REQUEST;
    const unknown = { size: { width, height }, intervalMs: 20, stepMs: 20, mayMissBegin: true };
    const pace = session.watching?.pace ?? unknown;
    watched.set(session, { pace, traces: new Map() });
  },
};

const STEPS_BEFORE_TRACES = 4;

/** What pollers see while jobs run, wait, fail and are stopped. */
export const TRACED: Group = {
  name: "progress: traces",
  needs: ["page", "model"],
  cases: [...Object.entries(TRACES).map(([name, steps]) => trace(name, steps)), HANDOVER],
  begin: async (session) => {
    const pace = session.watching?.pace ?? (await measurePace(session.forge));
    watched.set(session, { pace, traces: new Map() });
    // The first trace shows what the job before it left behind.
    await drawOne(session.forge, { steps: STEPS_BEFORE_TRACES });
  },
};

/** Which ids are accepted, and what an idle Forge says of ids. */
export const TASK_IDS: Group = {
  name: "progress: task ids",
  needs: ["page", "model"],
  cases: [
    ...[0, 1, 2, 3, 4, 5].flatMap((number) => [
      exchange(`progress/task_id_${number}`),
      exchange(`progress/task_id_${number}_state`),
    ]),
    exchange("progress/task_id_6_state"),
    exchange("progress/no_id"),
    exchange("progress/interrupt_idle"),
    exchange("progress/after_interrupt_idle"),
  ],
};
