/** A line for the terminal: a sentence, and how much it matters. */
export interface Sentence {
  readonly text: string;
  readonly tone: "calm" | "good" | "warning" | "bad";
}

type Fields = Readonly<Record<string, unknown>>;

/** A job as people tell it from others: the start of its id. */
const job = (fields: Fields) => `Job ${String(fields.job_id).slice(0, 8)}`;

const pictures = (count: unknown) => `${count} picture${count === 1 ? "" : "s"}`;

/** What became of a job, by its status and reason; null where it needs no word. */
function changed(of: Fields): Sentence | null {
  if (of.status === "failed")
    return { text: `${job(of)} failed (${of.status_reason})`, tone: "bad" };
  if (of.status === "cancelled") return { text: `${job(of)} cancelled`, tone: "calm" };
  if (of.status_reason === "retrying") {
    return { text: `${job(of)} is tried again in a while`, tone: "warning" };
  }
  if (of.status_reason === "agent_offline") {
    return { text: `${job(of)} waits for its box to come back`, tone: "warning" };
  }
  return of.status === "pending" ? { text: `${job(of)} is in line again`, tone: "calm" } : null;
}

/** What the owner of a server told it, by the order. */
const ORDER_SENTENCES: Record<string, (fields: Fields) => string> = {
  pause: (of) => `${of.server_alias} is paused: nothing new begins there`,
  drain: (of) =>
    of.held_jobs === 0
      ? `${of.server_alias} takes nothing more and has nothing left: it can be switched off`
      : `${of.server_alias} takes nothing more, and ends what it holds (${of.held_jobs})`,
  resume: (of) => `${of.server_alias} takes jobs again`,
  unload: (of) => `${of.server_alias} lets go of its model as soon as nothing runs`,
};

/** What the Worker's events mean to a person; an event that is not here stays in the log file. */
const WORKER_SENTENCES: Record<string, (fields: Fields) => Sentence | null> = {
  job_submitted: (of) => ({ text: `${job(of)} queued for ${of.server_alias}`, tone: "calm" }),
  job_claimed: (of) => ({ text: `${job(of)} taken by ${of.server_alias}`, tone: "calm" }),
  job_completed: (of) => ({ text: `${job(of)} completed: ${pictures(of.images)}`, tone: "good" }),
  job_cancel: (of) => {
    const what = of.status === "cancelled" ? "cancelled" : "is being stopped";
    return { text: `${job(of)} ${what}`, tone: "calm" };
  },
  job_deleted: (of) => ({ text: `${job(of)} deleted`, tone: "calm" }),
  job_put_aside: (of) => {
    const text =
      of.cause === "checkpoint_missing"
        ? `${job(of)} waits: its checkpoint is missing`
        : `${job(of)} cannot run: its parameters are not readable`;
    return { text, tone: "warning" };
  },
  job_swept: (of) => changed(of),
  lease_ended: (of) => changed(of),
  run_cut_short: (of) => {
    const next = of.status === "pending" ? "was cut short; it runs again" : `is ${of.status} now`;
    return { text: `${job(of)} ${next}`, tone: of.status === "cancelled" ? "calm" : "warning" };
  },
  server_ordered: (of) => {
    const text = ORDER_SENTENCES[String(of.order)]?.(of);
    return text === undefined ? null : { text, tone: "calm" };
  },
  request_failed: (of) => ({
    text: `The Worker could not answer (${of.code}): ${of.error}`,
    tone: "bad",
  }),
  unhealthy: (of) => ({ text: `The Worker is not well: ${of.error}`, tone: "bad" }),
  dead_letter: () => ({ text: "A message of the queue was given up; it is kept", tone: "warning" }),
};

function parseFields(line: string): Fields | null {
  if (!line.startsWith("{")) return null;
  try {
    return JSON.parse(line) as Fields;
  } catch {
    // A line cut in two is no event; the log file has it as it came.
    return null;
  }
}

/** What a line of the Worker's log says to a person; null: nothing. */
export function sentenceOfWorker(level: string, line: string): Sentence | null {
  const fields = parseFields(line);
  if (fields) return WORKER_SENTENCES[String(fields.event)]?.(fields) ?? null;
  if (line.includes("crashed unexpectedly")) {
    return { text: "The Worker's runtime was ended; it starts again", tone: "warning" };
  }
  return level === "error" ? { text: `Worker: ${line}`, tone: "bad" } : null;
}

/** Sentences of the agent that are worth a line although nothing is wrong. */
const CALM_AGENT_LINES = /^(Connected|Forge is ready|The model is out of)/;

const PINO_WARN = 40;
const PINO_ERROR = 50;

/** What a line of the agent's log says to a person; null: nothing, or the Worker says it too. */
export function sentenceOfAgent(line: string): Sentence | null {
  const fields = parseFields(line);
  if (!fields) return { text: `Agent: ${line}`, tone: "warning" };
  const level = Number(fields.level);
  const message = String(fields.msg);
  if (level < PINO_WARN && !CALM_AGENT_LINES.test(message)) return null;
  const about = fields.job_id === undefined ? "" : `${job(fields)}: `;
  const error = fields.error === undefined ? "" : ` (${fields.error})`;
  const tone = level >= PINO_ERROR ? "bad" : level >= PINO_WARN ? "warning" : "calm";
  return { text: `Agent: ${about}${message}${error}`, tone };
}
