import { Writable } from "node:stream";
import xterm from "@xterm/headless";

/** A terminal as people have one, without its window: it does what it is sent, and breaks lines anew when resized. */
export interface Screen {
  readonly out: NodeJS.WriteStream;
  /** Everything on it and above it, without blank lines at the end. */
  lines(): Promise<string[]>;
  /** Where the cursor stands, from the top of all lines. */
  cursor(): Promise<{ row: number; column: number }>;
  resize(columns: number): Promise<void>;
}

/** `turn` lets timers run whose time has come: the emulator works in some of its own. */
export function openScreen(columns: number, turn: () => void, rows = 24): Screen {
  const terminal = new xterm.Terminal({
    cols: columns,
    rows,
    allowProposedApi: true,
    convertEol: true,
    scrollback: 500,
  });
  const stream = new Writable({
    write: (chunk, _, done) => terminal.write(chunk, () => done()),
  });
  const out = Object.assign(stream, { isTTY: true, columns, rows, hasColors: () => true });
  async function settled(): Promise<void> {
    let isSettled = false;
    terminal.write("", () => {
      isSettled = true;
    });
    while (!isSettled) {
      turn();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return {
    out: out as unknown as NodeJS.WriteStream,
    async lines() {
      await settled();
      const { active } = terminal.buffer;
      const all = Array.from({ length: active.length }, (_, row) =>
        (active.getLine(row)?.translateToString(true) ?? "").trimEnd(),
      );
      while (all.at(-1) === "") all.pop();
      return all;
    },
    async cursor() {
      await settled();
      const { active } = terminal.buffer;
      return { row: active.baseY + active.cursorY, column: active.cursorX };
    },
    async resize(next) {
      await settled();
      terminal.resize(next, rows);
      out.columns = next;
      out.emit("resize");
      await settled();
    },
  };
}
