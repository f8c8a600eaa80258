import type { ServerView } from "@mobilesd/contract";
import type { AgentState, AgentView } from "../pipeline/agent-view.ts";

/** The queue is asked what waits at most this often: who looks at a terminal does not need it quicker. */
const ASK_EVERY_MS = 10_000;

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

/** What makes it worth asking again: jobs came or went. Progress does not. */
function landmarkOf({ queue, mode, current, next, done, lately }: AgentView): string {
  const jobs = [current?.jobId, next?.jobId, lately[0]?.jobId];
  return JSON.stringify([queue, mode, done, ...jobs]);
}

/** Asks the queue for this box's line after something happened, and never while nothing does. */
export function startQueueGlance(options: GlanceOptions): QueueGlance {
  const { state, ask, onNews, now } = options;
  let waiting: ReturnType<QueueGlance["waiting"]> = null;
  let landmark = "";
  let askedAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | null = null;

  async function look(): Promise<void> {
    timer = null;
    askedAt = now();
    try {
      const { queue_length, queue_length_is_minimum } = await ask();
      waiting = { count: queue_length, isMinimum: queue_length_is_minimum ?? false };
    } catch {
      // The agent itself says that the queue is out of reach; an old number would be a wrong one.
      waiting = null;
    }
    onNews();
  }
  function onChange(): void {
    const view = state.view();
    const next = landmarkOf(view);
    if (next === landmark || view.queue === "away") return;
    landmark = next;
    timer ??= setTimeout(() => void look(), Math.max(0, askedAt + ASK_EVERY_MS - now())).unref();
  }

  const stopListening = state.onChange(onChange);
  return {
    waiting: () => waiting,
    end() {
      stopListening();
      if (timer) clearTimeout(timer);
    },
  };
}
