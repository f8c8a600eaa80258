import { NotOurAnswerError, ProblemError, type ServerView } from "@mobilesd/contract";
import type { Cloud } from "../cloud/client.ts";
import { paintFor } from "./paint.ts";
import { isRunning, readStatusFile } from "./status-file.ts";
import { type StatusReport, statusWords } from "./status-words.ts";

/** Whoever types a command waits no longer for a queue that does not answer. */
const ANSWER_LIMIT_MS = 5_000;

/** Exit codes of `status`; 3 is what service managers say of a program that is not running (LSB 3.1). */
const EXIT = { running: 0, notRunning: 3 } as const;

class SilentQueueError extends Error {
  override readonly name = "SilentQueueError";
}

function troubleOf(error: unknown): string {
  if (error instanceof ProblemError) return `The queue refuses this key: ${error.message}`;
  if (error instanceof NotOurAnswerError) {
    return "What answers at the queue's address is no queue, or one of another version";
  }
  if (error instanceof SilentQueueError) return "The queue does not answer";
  return error instanceof Error ? error.message : String(error);
}

async function askQueue(cloud: Cloud): Promise<{ server: ServerView } | { trouble: string }> {
  const silence = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new SilentQueueError()), ANSWER_LIMIT_MS).unref();
  });
  try {
    return { server: await Promise.race([cloud.once("getOwnServer", {}), silence]) };
  } catch (error) {
    return { trouble: troubleOf(error) };
  }
}

export interface StatusOptions {
  readonly stateDir: string;
  readonly cloud: Cloud;
  readonly isJson: boolean;
  readonly now: Date;
  readonly out: NodeJS.WriteStream;
}

/** Tells whether an agent runs here and what it does, and what the queue says of it. Answers the exit code. */
export async function showStatus(options: StatusOptions): Promise<number> {
  const { stateDir, cloud, isJson, now, out } = options;
  const agent = readStatusFile(stateDir);
  const asked = await askQueue(cloud);
  const report: StatusReport = {
    is_running: agent !== null && isRunning(agent, now),
    agent,
    server: "server" in asked ? asked.server : null,
    queue_trouble: "trouble" in asked ? asked.trouble : null,
  };
  const text = isJson
    ? `${JSON.stringify(report, null, 2)}\n`
    : statusWords(report, now, paintFor(out));
  out.write(text);
  return report.is_running ? EXIT.running : EXIT.notRunning;
}
