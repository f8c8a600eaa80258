import { setTimeout as wait } from "node:timers/promises";
import { isObject, type JsonObject, diffValues } from "../compare/difference.ts";
import type { Trace, TraceLine } from "../recording.ts";
import { takeOutDeadIds } from "./dead-ids.ts";
import type { ForgeConnection } from "./connection.ts";

/** One thing that happens while a trace is recorded. */
export type TraceStep =
  | { type: "job"; body: JsonObject }
  /** Waits until the step under way has this number. */
  | { type: "at"; samplingStep: number }
  | { type: "post"; path: string }
  /** The client of the first job goes away. */
  | { type: "leave" }
  /** Waits until all jobs are answered, and a little longer. */
  | { type: "join" };

/** What is to be recorded. */
export interface TracePlan {
  name: string;
  ids: string[];
  steps: readonly TraceStep[];
  /** Whether the pollers ask for previews. */
  hasPreviews: boolean;
  intervalMs: number;
  deadIds: readonly string[];
  /** Is told of the polls, where somebody else says when Forge's time passes. */
  witness: Witness | null;
}

/** Somebody who is told what each poller does. */
export interface Witness {
  begins(poller: string): void;
  polled(poller: string): void;
  ends(poller: string): void;
}

const QUIET = "?skip_current_image=true";

/** Polls that see the Forge at rest, before the first step, after a join and at the end. */
const POLLS_AT_REST = 8;

/** Looks for a job that was just posted behind another one. */
const LOOKS_FOR_WAITING_JOB = 40;

/** Times that are no part of what is seen. */
const ESTIMATES = ["eta", "eta_relative"];

/**
 * Carries out the steps while several pollers look at the Forge, as record.py does, and resolves with
 * what they saw. A poller writes an answer when it differs from the one before in more than an estimate.
 */
export async function recordTrace(forge: ForgeConnection, plan: TracePlan): Promise<Trace> {
  const recorder = new Recorder(forge, plan);
  const pollers = recorder.startPollers();
  try {
    await recorder.rest();
    for (const step of plan.steps) await recorder.carryOut(step);
    await recorder.carryOut({ type: "join" });
  } finally {
    recorder.stop();
    await Promise.all(pollers);
  }
  return { name: plan.name, ids: plan.ids, intervalMs: plan.intervalMs, lines: recorder.lines };
}

class Recorder {
  readonly lines: TraceLine[] = [];
  readonly #forge: ForgeConnection;
  readonly #plan: TracePlan;
  readonly #began = performance.now();
  readonly #jobs: Promise<void>[] = [];
  readonly #leaving = new AbortController();
  #polls = 0;
  #isOver = false;
  /** A step that somebody waits for, and what wakes him. */
  #awaited: { samplingStep: number; reached: () => void } | null = null;
  /** Resolves when the pollers may go on: they stand still from an awaited step to the act on it. */
  #held: PromiseWithResolvers<void> | null = null;

  constructor(forge: ForgeConnection, plan: TracePlan) {
    this.#forge = forge;
    this.#plan = plan;
  }

  stop(): void {
    this.#isOver = true;
  }

  async rest(): Promise<void> {
    const end = this.#polls + POLLS_AT_REST * (2 + this.#plan.ids.length);
    while (this.#polls < end) await wait(this.#plan.intervalMs);
  }

  startPollers(): Promise<void>[] {
    const { ids, hasPreviews } = this.#plan;
    const query = hasPreviews ? "" : QUIET;
    const askTask = (id: string) => {
      let lastPreview: unknown = -1;
      return async () => {
        const body = { id_task: id, id_live_preview: lastPreview, live_preview: hasPreviews };
        const answer = await this.#forge.ask("/internal/progress", body);
        // The preview that was seen is handed back, so that it is not sent again.
        if (hasPreviews && isObject(answer) && answer.id_live_preview !== -1) {
          lastPreview = answer.id_live_preview;
        }
        return answer;
      };
    };
    return [
      this.#poll("progress", () => this.#forge.read(`/sdapi/v1/progress${query}`)),
      this.#poll("pending", () => this.#forge.read("/internal/pending-tasks")),
      ...ids.map((id, index) => this.#poll(`internal ${index}`, askTask(id))),
    ];
  }

  async carryOut(step: TraceStep): Promise<void> {
    if (step.type === "at") return this.#reach(step.samplingStep);
    if (step.type === "join") {
      await Promise.all(this.#jobs);
      return this.rest();
    }
    await this.#act(step);
    this.#held?.resolve();
    this.#held = null;
    if (step.type === "leave") await this.#untilIdle();
  }

  async #act(step: Exclude<TraceStep, { type: "at" | "join" }>): Promise<void> {
    if (step.type === "job") {
      this.#startJob(step.body);
      if (this.#held) await this.#untilPending(step.body.force_task_id);
    } else if (step.type === "post") {
      await this.#forge.ask(step.path, {});
      this.#note("event", { event: `${step.path} posted and answered` });
    } else {
      this.#leaving.abort();
      this.#note("event", { event: "the client closed the connection" });
    }
  }

  #reach(samplingStep: number): Promise<void> {
    return new Promise((resolve) => {
      this.#awaited = { samplingStep, reached: resolve };
    });
  }

  // So that the act comes at this step and not a moment later.
  #holdAtAwaitedStep({ state }: JsonObject): void {
    const awaited = this.#awaited;
    if (!awaited || !isObject(state) || Number(state.sampling_step) < awaited.samplingStep) return;
    this.#awaited = null;
    this.#held = Promise.withResolvers();
    awaited.reached();
  }

  #note(what: string, details: object): void {
    const round = this.#polls / (2 + this.#plan.ids.length);
    this.lines.push({ t: performance.now() - this.#began, round, what, ...details });
  }

  #startJob(request: JsonObject): void {
    // Only the first client ever leaves.
    const signal = this.#jobs.length === 0 ? this.#leaving.signal : undefined;
    this.#note("event", { event: "job posted", request });
    this.#jobs.push(this.#runJob(request, signal));
  }

  async #runJob(body: JsonObject, signal: AbortSignal | undefined): Promise<void> {
    const task = body.force_task_id;
    try {
      const request = { method: "POST", path: "/sdapi/v1/txt2img", body };
      const answer = await this.#forge.send(request, signal ? { signal } : {});
      this.#note("event", { event: "job answered", task, ...summarize(answer) });
    } catch (error) {
      if (!signal?.aborted) throw error;
      this.#note("event", { event: "job not answered", task });
    }
  }

  async #poll(what: string, ask: () => Promise<unknown>): Promise<void> {
    const { witness } = this.#plan;
    let last: JsonObject | null = null;
    let lastBegan = performance.now();
    witness?.begins(what);
    for (let began = performance.now(); !this.#isOver; began = performance.now()) {
      const body = await ask();
      const found = takeOutDeadIds(isObject(body) ? body : {}, this.#plan.deadIds);
      const state = hideEstimates(found);
      // For so long at the most nobody looked since the answer before.
      const gapMs = performance.now() - lastBegan;
      const isNew = last === null || diffValues(last, state, "").length > 0;
      if (isNew) this.#note(what, { gapMs, answer: found });
      [last, lastBegan] = [state, began];
      this.#polls += 1;
      if (what === "progress") this.#holdAtAwaitedStep(found);
      await this.#held?.promise;
      witness?.polled(what);
      await wait(Math.max(0, this.#plan.intervalMs - (performance.now() - began)));
    }
    witness?.ends(what);
    this.#note(what, { end: true });
  }

  async #untilIdle(): Promise<void> {
    for (;;) {
      const progress = await this.#forge.read(`/sdapi/v1/progress${QUIET}`);
      if (isObject(progress) && isObject(progress.state) && progress.state.job_count === 0) return;
      await wait(this.#plan.intervalMs);
    }
  }

  // A Forge that lists it nowhere is told from another by what the pollers see then.
  async #untilPending(id: unknown): Promise<void> {
    for (let look = 0; look < LOOKS_FOR_WAITING_JOB; look++) {
      const pending = await this.#forge.read("/internal/pending-tasks");
      if (isObject(pending) && Array.isArray(pending.tasks) && pending.tasks.includes(id)) return;
      await wait(this.#plan.intervalMs / 2);
    }
  }
}

function hideEstimates(answer: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(answer).filter(([key]) => !ESTIMATES.includes(key)));
}

function summarize({ status, body }: { status: number; body: unknown }): JsonObject {
  if (status !== 200 || !isObject(body)) return { status, body };
  const info = JSON.parse(String(body.info));
  const images = (body.images as string[]).length;
  return { status, images, all_seeds: info.all_seeds, infotexts: info.infotexts.length };
}
