import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What somebody asked. `body` is JSON, `body_text` was sent as it stands. */
export interface RecordedRequest {
  method: string;
  path: string;
  /** Null takes a header away. */
  headers?: Record<string, string | null>;
  body?: unknown;
  body_text?: string;
}

/** An answer: header names in lower case, the body as JSON, or as text where it is none. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** One request to a real Forge and its answer. */
export interface Exchange {
  name: string;
  request: RecordedRequest;
  response: Answer;
}

/** One line of a trace: an answer that a poller saw change, its end, or what the recorder did. */
export interface TraceLine {
  /** Milliseconds since the trace began. */
  t: number;
  /** `progress`, `internal 0`, `internal 1`, `pending` or `event`. */
  what: string;
  answer?: Record<string, unknown>;
  end?: boolean;
  event?: string;
  [detail: string]: unknown;
}

/** What was seen of Forge's progress while jobs ran. */
export interface Trace {
  name: string;
  /** The ids that the pollers `internal 0` and `internal 1` ask for. */
  ids: string[];
  intervalMs: number;
  lines: TraceLine[];
}

const FOLDER = fileURLToPath(new URL("./recordings/", import.meta.url));

/** All recordings by the names that cases use: `generate/steps_1`, `progress/plain10`. */
export function listRecordings(): string[] {
  return globSync("*/*.{json,jsonl}", { cwd: FOLDER })
    .map((path) => path.replaceAll("\\", "/").replace(/\.jsonl?$/, ""))
    .sort();
}

/** Reads one exchange; throws when there is no such file. */
export function loadExchange(id: string): Exchange {
  return JSON.parse(readFileSync(`${FOLDER}${id}.json`, "utf8"));
}

/** Reads one trace; throws when there is no such file. */
export function loadTrace(id: string): Trace {
  const [head, ...lines] = readFileSync(`${FOLDER}${id}.jsonl`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { name: head.name, ids: head.ids, intervalMs: head.interval_ms, lines };
}
