import pino from "pino";
import type { Paint } from "./terminal/paint.ts";

/** Fields of a log line. Never a secret, a prompt or a picture. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** The agent's log: one event, in words, with plain fields. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

interface Line extends Record<string, unknown> {
  level: number;
  time: number;
  msg: string;
}

const WARN = 40;
const ERROR = 50;

/** A JSON line as a person reads it: the time, the sentence, and what belongs to it. */
function toSentence(line: Line, paint: Paint): string {
  const { level, time, msg, ...fields } = line;
  const clock = new Date(time).toTimeString().slice(0, 8);
  const facts = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(" ");
  const sentence = level >= ERROR ? paint("red", msg) : level >= WARN ? paint("yellow", msg) : msg;
  return `${paint("dim", clock)}  ${sentence}${facts ? `  ${paint("dim", facts)}` : ""}`;
}

/** A log for programs: one JSON object a line. */
export function createJsonLog(level: string, out: NodeJS.WritableStream): Log {
  return pino({ level, base: null }, out);
}

/** A log for a person at a terminal: one sentence a line. `write` gets each without a line's end. */
export function createSentenceLog(
  level: string,
  paint: Paint,
  write: (sentence: string) => void,
): Log {
  const sink = { write: (text: string) => write(toSentence(JSON.parse(text) as Line, paint)) };
  return pino({ level, base: null }, sink);
}
