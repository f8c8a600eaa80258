import { styleText } from "node:util";
import pino from "pino";

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
function toHuman(line: Line): string {
  const { level, time, msg, ...fields } = line;
  const clock = new Date(time).toTimeString().slice(0, 8);
  const facts = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(" ");
  const sentence =
    level >= ERROR ? styleText("red", msg) : level >= WARN ? styleText("yellow", msg) : msg;
  return `${styleText("dim", clock)}  ${sentence}${facts ? `  ${styleText("dim", facts)}` : ""}\n`;
}

/** JSON lines for programs, sentences for a terminal. */
export function createLog(level: string, out: NodeJS.WriteStream): Log {
  const options = { level, base: null };
  if (!out.isTTY) return pino(options, out);
  return pino(options, { write: (text) => void out.write(toHuman(JSON.parse(text) as Line)) });
}
