import { stripVTControlCharacters } from "node:util";
import sliceAnsi from "slice-ansi";
import type { AgentView, CurrentJob } from "../pipeline/agent-view.ts";
import type { Paint, Tone } from "./paint.ts";
import {
  clockWords,
  END_WORDS,
  FORGE_WORDS,
  MODE_WORDS,
  NEXT_WORDS,
  PHASE_WORDS,
  percentOf,
  shortId,
  STOPPING_WORDS,
  spanWords,
  waitingWords,
} from "./words.ts";

/** Everything that one picture of the terminal shows. */
export interface FrameFacts {
  readonly view: AgentView;
  /** Jobs in line behind, as the queue last said; null before it did. */
  readonly waiting: { readonly count: number; readonly isMinimum: boolean } | null;
  /** Milliseconds since the current job's remaining time was told. */
  readonly ageMs: number;
}

/** A short statement of a line, in a tone of its own. */
interface Fact {
  readonly text: string;
  readonly tone?: Tone;
}

const INDENT = "  ";
const BETWEEN = " · ";
/** Columns of the words before a list of facts. */
const LABEL_COLUMNS = 9;
const BAR_COLUMNS_MAX = 30;
const BAR_COLUMNS_MIN = 6;
/** What stands beside the bar at most: id, per cent, phase and time left. */
const BESIDE_BAR_COLUMNS = 50;

const CONTROLS = /\p{Cc}/gu;

/** A name of the box as it may stand on a terminal: what would steer it is gone. */
const printable = (text: string) => stripVTControlCharacters(text).replace(CONTROLS, " ");

/** Facts one after the other, on as many lines as it takes. */
function flow(label: string, facts: readonly Fact[], columns: number, paint: Paint): string[] {
  const start = `${INDENT}${label === "" ? "" : paint("dim", label.padEnd(LABEL_COLUMNS))}`;
  const startColumns = INDENT.length + (label === "" ? 0 : LABEL_COLUMNS);
  const lines: string[] = [];
  let line = start;
  let used = startColumns;
  for (const { text, tone } of facts) {
    const between = used > startColumns ? BETWEEN : "";
    if (between !== "" && used + between.length + text.length > columns) {
      lines.push(line);
      line = " ".repeat(startColumns);
      used = startColumns;
    } else {
      if (between !== "") line += paint("dim", between);
      used += between.length;
    }
    line += tone === undefined ? text : paint(tone, text);
    used += text.length;
  }
  return [...lines, line];
}

const QUEUE_FACTS: Record<AgentView["queue"], Fact> = {
  connected: { text: "connected" },
  polling: { text: "connected by polling" },
  away: { text: "queue out of reach, trying again", tone: "yellow" },
};

/** Before the first hello there is nothing to complain of. */
const isNew = ({ queue, serverAlias }: AgentView) => queue === "away" && serverAlias === null;

function stateFacts({ view, waiting }: FrameFacts): Fact[] {
  const { serverAlias, mode, stopping, forge, done } = view;
  const modeWords = mode && MODE_WORDS[mode];
  const isWell = forge === "ready" || forge === "working";
  return [
    ...(serverAlias === null ? [] : [{ text: serverAlias, tone: "bold" } as const]),
    isNew(view) ? { text: "connecting to the queue" } : QUEUE_FACTS[view.queue],
    ...(stopping ? [{ text: STOPPING_WORDS[stopping], tone: "yellow" } as const] : []),
    ...(modeWords ? [{ text: modeWords, tone: "yellow" } as const] : []),
    ...(forge === null
      ? []
      : [{ text: `Forge ${FORGE_WORDS[forge]}`, ...(isWell ? {} : { tone: "yellow" as const }) }]),
    // What this agent gives back waits again: it no longer knows how many do.
    ...(waiting === null || stopping
      ? []
      : [{ text: waitingWords(waiting.count, waiting.isMinimum) }]),
    { text: `${done} done` },
  ];
}

function bar(share: number, columns: number, paint: Paint): string {
  const full = Math.round(Math.max(0, Math.min(1, share)) * columns);
  return paint("cyan", "█".repeat(full)) + paint("dim", "░".repeat(columns - full));
}

function currentLines(
  job: CurrentJob,
  ageMs: number,
  columns: number,
  paint: Paint,
): readonly string[] {
  const wide = Math.min(BAR_COLUMNS_MAX, columns - BESIDE_BAR_COLUMNS);
  const barColumns = Math.max(BAR_COLUMNS_MIN, wide);
  const left = job.remainingMs === null ? null : Math.max(0, job.remainingMs - ageMs);
  const facts = [
    `${percentOf(job.share)} %`,
    PHASE_WORDS[job.phase],
    ...(left === null ? [] : [`${spanWords(left)} left`]),
  ];
  const id = paint("bold", shortId(job.jobId));
  const label = printable(job.label);
  return [
    `${INDENT}${id} ${bar(job.share, barColumns, paint)} ${facts.join(paint("dim", BETWEEN))}`,
    ...(label === "" ? [] : [`${INDENT}${" ".repeat(LABEL_COLUMNS)}${paint("dim", label)}`]),
  ];
}

/**
 * The lines of the live view, none wider than the terminal. The first is about the box, the others about
 * what it does; where nothing is done there is only the first.
 */
export function frameOf(facts: FrameFacts, columns: number, paint: Paint): readonly string[] {
  const { view } = facts;
  // The last column stays free: some terminals begin a new line as soon as it is written.
  const width = Math.max(1, columns - 1);
  const list = (label: string, texts: readonly string[]) =>
    texts.length === 0
      ? []
      : flow(
          label,
          texts.map((text) => ({ text })),
          width,
          paint,
        );
  const uploads = view.uploads.map(
    ({ jobId, done, total }) => `${shortId(jobId)} ${done} of ${total}`,
  );
  const lately = view.lately.map(
    ({ jobId, end, at }) => `${shortId(jobId)} ${END_WORDS[end]} ${clockWords(at)}`,
  );
  const next = view.next && `${shortId(view.next.jobId)}, ${NEXT_WORDS[view.next.where]}`;
  const lines = [
    ...flow("", stateFacts(facts), width, paint),
    ...(view.current ? currentLines(view.current, facts.ageMs, width, paint) : []),
    ...list("next", next === null ? [] : [next]),
    ...list("uploads", uploads),
    ...list("lately", lately),
  ];
  return lines.map((line) => sliceAnsi(line, 0, width));
}
