import { NEEDS } from "./needs.ts";
import type { Outcome } from "./table.ts";

/** The lines that tell of one row. `ms` is what it took. */
export function describeOutcome(outcome: Outcome, ms: number): string[] {
  const { name, type } = outcome;
  if (type === "left out") return [`left out  ${name}`];
  const seconds = `${(ms / 1000).toFixed(1)} s`;
  if (type === "failed") {
    return [`FAILED    ${name} (${seconds})`, ...outcome.differences.map((one) => `    ${one}`)];
  }
  const note = outcome.note === null ? [] : [`    ${outcome.note}`];
  return [`passed    ${name} (${seconds})`, ...note];
}

/** The last lines of a run: what was left out and what it needs, then the sums. */
export function describeSums(outcomes: readonly Outcome[]): string[] {
  const count = (type: Outcome["type"]) => outcomes.filter((one) => one.type === type).length;
  const leftOut = outcomes.flatMap((one) =>
    one.type === "left out"
      ? [`  ${one.name}: needs ${one.needs.map((need) => NEEDS[need]).join(", ")}`]
      : [],
  );
  return [
    ...(leftOut.length > 0 ? ["", "Left out:", ...leftOut] : []),
    "",
    `${count("passed")} passed, ${count("failed")} failed, ${count("left out")} left out`,
  ];
}
