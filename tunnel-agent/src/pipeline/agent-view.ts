import type { ForgeState, RunPhase, ServerMode } from "@mobilesd/contract";

/** The job that Forge runs for us. */
export interface CurrentJob {
  readonly jobId: string;
  /** What it is without a word of its prompt, such as `1024×1024, 30 steps, ponyXL`. */
  readonly label: string;
  /** From 0 to 1. */
  readonly share: number;
  readonly phase: RunPhase;
  /** Until it should end; null while that cannot be told. */
  readonly remainingMs: number | null;
}

/** The job after it: held here, or handed to Forge already, where it waits for the lock. */
export interface NextJob {
  readonly jobId: string;
  readonly where: "held" | "in Forge";
}

/** Pictures of a finished job on their way to the queue. */
export interface Upload {
  readonly jobId: string;
  readonly done: number;
  readonly total: number;
}

/** What became of a job that this agent had. */
export interface EndedJob {
  readonly jobId: string;
  readonly end: "completed" | "cancelled" | "released" | "lost" | "failed" | "missing_name";
  readonly at: Date;
}

/** What goes on in this agent, as its terminal and its status file show it. No secret, no prompt. */
export interface AgentView {
  /** `connected`: by socket; `polling`: by HTTP alone; `away`: the queue does not answer. */
  readonly queue: "connected" | "polling" | "away";
  /** The name of this box in the queue; null before the first hello. */
  readonly serverAlias: string | null;
  readonly mode: ServerMode | null;
  /** How this agent ends, once it was told to: with the running job, or at once. */
  readonly stopping: "after the job" | "now" | null;
  /** Null before the first look. */
  readonly forge: ForgeState | null;
  readonly current: CurrentJob | null;
  readonly next: NextJob | null;
  readonly uploads: readonly Upload[];
  /** Whether jobs may wait for this box in the queue, by its last answer and by the bells since then. */
  readonly mayMoreWait: boolean;
  /** The last few that ended, newest first. */
  readonly lately: readonly EndedJob[];
  /** Jobs completed since the start. */
  readonly done: number;
}

/** Jobs that are remembered as ended. */
const LATELY_MAX = 3;

const NOTHING_YET: AgentView = {
  queue: "away",
  serverAlias: null,
  mode: null,
  stopping: null,
  forge: null,
  current: null,
  next: null,
  uploads: [],
  mayMoreWait: false,
  lately: [],
  done: 0,
};

/** The view, and who wants to hear of its changes. */
export interface AgentState {
  view(): AgentView;
  /** Calls the listener after each change; answers what ends that. */
  onChange(listener: () => void): () => void;
  /** Replaces some parts. What is the same already tells nobody. */
  change(parts: Partial<Omit<AgentView, "lately" | "done">>): void;
  /** Notes the end of a job, which leaves the view wherever it stands there. */
  noteEnd(ended: EndedJob): void;
}

export function createAgentState(): AgentState {
  let view = NOTHING_YET;
  const listeners = new Set<() => void>();
  const replace = (next: AgentView) => {
    view = next;
    for (const listener of listeners) listener();
  };
  return {
    view: () => view,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    change(parts) {
      const names = Object.keys(parts) as (keyof typeof parts)[];
      if (names.some((name) => parts[name] !== view[name])) replace({ ...view, ...parts });
    },
    noteEnd(ended) {
      const isOther = ({ jobId }: { jobId: string }) => jobId !== ended.jobId;
      replace({
        ...view,
        current: view.current && isOther(view.current) ? view.current : null,
        next: view.next && isOther(view.next) ? view.next : null,
        uploads: view.uploads.filter(isOther),
        lately: [ended, ...view.lately].slice(0, LATELY_MAX),
        done: view.done + (ended.end === "completed" ? 1 : 0),
      });
    },
  };
}
