import type { ServerView } from "@mobilesd/contract";
import type { AgentState, AgentView } from "../pipeline/agent-view.ts";

/** The queue is asked for the number at most this often, and not at all where its answers say that nothing waits. */
const ASK_EVERY_MS = 60_000;

/** What the queue says of this box, as fresh as the last thing that happened here. */
export interface QueueGlance {
  /** Jobs that wait; null until the queue told. */
  waiting(): { readonly count: number; readonly isMinimum: boolean } | null;
  end(): void;
}

export interface GlanceOptions {
  readonly state: AgentState;
  /** Asks the queue once. What it throws is taken for no news. */
  readonly ask: () => Promise<ServerView>;
  /** Told when there is news to draw. */
  readonly onNews: () => void;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
}

/** What the queue said, and how many jobs this agent had then. */
interface Answer {
  readonly count: number;
  readonly isMinimum: boolean;
  readonly hadThen: number;
  /** The same with those that it took since. */
  readonly had: Set<string>;
}

/** Whether the queue is known to have nothing for this box. What waits for one that takes nothing, its answers do not say. */
const isKnownEmpty = ({ mode, mayMoreWait }: AgentView) => mode === "active" && !mayMoreWait;

/** The jobs that this agent has taken and not begun to bring back. */
const jobsOf = ({ current, next }: AgentView) =>
  [current, next].flatMap((job) => (job ? [job.jobId] : []));

/** What makes it worth asking again: jobs came or went. Progress does not. */
function landmarkOf(view: AgentView): string {
  const { queue, mode, done, lately, mayMoreWait } = view;
  return JSON.stringify([queue, mode, done, lately[0]?.jobId, mayMoreWait, ...jobsOf(view)]);
}

/**
 * Keeps the number of jobs that wait for this box. A claim's answer says whether any does: only where it does, the
 * queue is asked how many, after something happened here; in between, what this agent takes is counted off.
 */
export function startQueueGlance(options: GlanceOptions): QueueGlance {
  const { state, ask, onNews, now } = options;
  let answer: Answer | null = null;
  let landmark = "";
  let askedAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | null = null;

  async function look(): Promise<void> {
    timer = null;
    if (isKnownEmpty(state.view())) return;
    askedAt = now();
    try {
      const { queue_length: count, queue_length_is_minimum: isMinimum = false } = await ask();
      const had = new Set(jobsOf(state.view()));
      answer = { count, isMinimum, had, hadThen: had.size };
    } catch {
      // The agent itself says that the queue is out of reach; an old number would be a wrong one.
      answer = null;
    }
    onNews();
  }
  function onChange(): void {
    const view = state.view();
    if (isKnownEmpty(view)) answer = null;
    for (const jobId of jobsOf(view)) answer?.had.add(jobId);
    const next = landmarkOf(view);
    if (next === landmark || view.queue === "away") return;
    landmark = next;
    if (isKnownEmpty(view)) return;
    timer ??= setTimeout(() => void look(), Math.max(0, askedAt + ASK_EVERY_MS - now())).unref();
  }

  const stopListening = state.onChange(onChange);
  return {
    waiting() {
      const view = state.view();
      if (view.queue === "away" || view.mode === null) return null;
      if (isKnownEmpty(view)) return { count: 0, isMinimum: false };
      if (answer === null) return null;
      const { count, isMinimum, had, hadThen } = answer;
      return { count: Math.max(0, count - (had.size - hadThen)), isMinimum };
    },
    end() {
      stopListening();
      if (timer) clearTimeout(timer);
    },
  };
}
