/** One number of the report, held against its goal where it has one. */
export interface Measure {
  readonly name: string;
  readonly value: string;
  readonly goal?: string;
  readonly isMet?: boolean;
}

/** A measure whose value must not be above a limit; the limit is shown as the goal. */
export function atMost(name: string, value: number, limit: number, shown: string): Measure {
  return { name, value: shown, goal: `≤ ${limit}`, isMet: value <= limit };
}

function verdictOf({ isMet }: Measure): string {
  if (isMet === undefined) return "";
  return isMet ? "meets" : "misses";
}

/** Cells in columns as wide as their widest cell. */
export function showTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  }
  const lines = rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

/** Every measure with value, goal and verdict. */
export function showMeasures(measures: readonly Measure[]): string {
  const rows = measures.map((one) => [one.name, one.value, one.goal ?? "", verdictOf(one)]);
  return showTable([["name", "value", "goal", "verdict"], ...rows]);
}
