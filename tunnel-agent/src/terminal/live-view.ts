import { clearScreenDown, moveCursor } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { createLogUpdate } from "log-update";
import type { AgentState, CurrentJob } from "../pipeline/agent-view.ts";
import { type FrameFacts, frameOf } from "./frame.ts";
import type { Paint } from "./paint.ts";

/** Redraws at most this often: faster than four times a second is unrest, not news. */
const REDRAW_EVERY_MS = 250;
/** The time left counts down in between. */
const TICK_EVERY_MS = 1_000;
/** A terminal that does not tell its size, or says that it has none, as those of containers do. */
const USUAL = { columns: 80, rows: 24 };

/** The lines at the end of a terminal that show what goes on. */
export interface LiveView {
  /** Writes a line that stays, above the view. */
  above(text: string): void;
  /** Draws anew, soon, as something that is no part of the state changed. */
  redraw(): void;
  /** Takes the view away, and leaves the cursor where the next line begins. */
  end(): void;
}

export interface LiveViewOptions {
  readonly out: NodeJS.WriteStream;
  readonly state: AgentState;
  readonly paint: Paint;
  readonly waiting: () => FrameFacts["waiting"];
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
}

/** How many rows lines take on a terminal that became narrower and broke them. */
function rowsOf(lines: readonly string[], columns: number): number {
  const rows = (line: string) =>
    Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns));
  return lines.reduce((sum, line) => sum + rows(line), 0);
}

/** The terminal with a size at every moment: what is drawn for none is lost. */
function sized(out: NodeJS.WriteStream): NodeJS.WritableStream {
  return Object.create(out, {
    columns: { get: () => out.columns || USUAL.columns },
    rows: { get: () => out.rows || USUAL.rows },
    write: { value: (text: string) => out.write(text) },
  }) as NodeJS.WritableStream;
}

/** Draws the agent's state in place, at the end of a terminal, until `end`. */
export function startLiveView(options: LiveViewOptions): LiveView {
  const { out, state, paint, waiting, now } = options;
  // The cursor stays visible: so it needs no one to bring it back, however this process ends.
  const update = createLogUpdate(sized(out), { showCursor: true });
  let drawn: readonly string[] = [];
  let drawnAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | null = null;
  let current: CurrentJob | null = null;
  let currentAt = now();

  const columns = () => out.columns || USUAL.columns;
  const wait = (ms: number) => {
    if (timer) clearTimeout(timer);
    timer = setTimeout(draw, ms).unref();
  };
  function draw(): void {
    const view = state.view();
    const facts = { view, waiting: waiting(), ageMs: now() - currentAt } as const;
    const lines = frameOf(facts, columns(), paint);
    // With another number of lines, log-update leaves rows of before wherever the last ones stay the same.
    if (lines.length !== drawn.length) update.clear();
    drawn = lines;
    drawnAt = now();
    update(drawn.join("\n"));
    if (timer) clearTimeout(timer);
    timer = null;
    if (view.current) wait(TICK_EVERY_MS);
  }
  const redraw = () => wait(Math.max(0, drawnAt + REDRAW_EVERY_MS - now()));
  function onChange(): void {
    const view = state.view();
    if (view.current !== current) currentAt = now();
    current = view.current;
    redraw();
  }
  function onResize(): void {
    const broken = rowsOf(drawn, columns()) - drawn.length;
    update.clear();
    if (broken > 0) {
      moveCursor(out, 0, -broken);
      clearScreenDown(out);
    }
    draw();
  }

  const stopListening = state.onChange(onChange);
  out.on("resize", onResize);
  draw();
  return {
    above(text) {
      update.clear();
      // The terminal itself wraps what is too long for a row: so an address in it can be copied whole.
      out.write(`${text}\n`);
      update(drawn.join("\n"));
    },
    redraw,
    end() {
      stopListening();
      out.off("resize", onResize);
      if (timer) clearTimeout(timer);
      update.clear();
      update.done();
    },
  };
}
