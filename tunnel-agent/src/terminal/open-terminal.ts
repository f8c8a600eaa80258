import type { ServerView } from "@mobilesd/contract";
import { createJsonLog, createSentenceLog, type Log } from "../log.ts";
import type { AgentState } from "../pipeline/agent-view.ts";
import { startLiveView } from "./live-view.ts";
import { paintFor } from "./paint.ts";
import { startQueueGlance } from "./queue-glance.ts";

/** Where the agent speaks. */
export interface Terminal {
  readonly log: Log;
  /** Leaves the terminal as it was, with what was said. Nothing may be said afterwards. */
  end(): void;
}

export interface TerminalOptions {
  readonly out: NodeJS.WriteStream;
  readonly logLevel: string;
  readonly state: AgentState;
  /** Asks the queue for this box as its users see it. */
  readonly ask: () => Promise<ServerView>;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
  /** The `TERM` of the environment. */
  readonly term: string | undefined;
}

/** A person gets sentences above a live view, a terminal that cannot redraw sentences alone, a program JSON lines. */
export function openTerminal(options: TerminalOptions): Terminal {
  const { out, logLevel, state, ask, now, term } = options;
  if (!out.isTTY) return { log: createJsonLog(logLevel, out), end: () => undefined };
  const paint = paintFor(out);
  if (term === "dumb") {
    const write = (sentence: string) => void out.write(`${sentence}\n`);
    return { log: createSentenceLog(logLevel, paint, write), end: () => undefined };
  }
  const glance = startQueueGlance({ state, ask, now, onNews: () => view.redraw() });
  const view = startLiveView({ out, state, paint, now, waiting: glance.waiting });
  return {
    log: createSentenceLog(logLevel, paint, view.above),
    end() {
      glance.end();
      view.end();
    },
  };
}
