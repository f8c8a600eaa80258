import type { Row } from "./document.ts";
import { KNOWN_DIFFERENCES } from "./known-differences.ts";
import { NEEDS } from "./needs.ts";
import type { Outcome } from "./suite.ts";

/** The lines that tell of one case. `ms` is what it took. */
export function describeOutcome(outcome: Outcome, ms: number): string[] {
  const { name, type } = outcome;
  if (type === "left out") {
    const needs = outcome.needs.map((need) => NEEDS[need]).join(", ");
    return [`left out   ${name}: needs ${needs}`];
  }
  const seconds = `${(ms / 1000).toFixed(1)} s`;
  if (type === "equal") {
    const pictures = outcome.isExact ? "" : ", within what two Generates differ by";
    return [`equal      ${name} (${seconds}${pictures})`];
  }
  return [
    `DIFFERENT  ${name} (${seconds})`,
    ...outcome.sentences.map((sentence) => `    ${sentence}`),
  ];
}

/** The row of a case in the document; null for one that was left out. */
export function rowOf(outcome: Outcome): Row | null {
  const { name, type } = outcome;
  if (type === "left out") return null;
  if (type === "equal") return { name, isExact: outcome.isExact, result: "equal" };
  return { name, isExact: null, result: `DIFFERENT: ${outcome.fields.join(", ")}` };
}

/** Known differences that occurred in no case. */
export function unmetDifferences(outcomes: readonly Outcome[]): string[] {
  const met = outcomes.flatMap((one) => (one.type === "left out" ? [] : [...one.met]));
  return KNOWN_DIFFERENCES.filter((known) => !met.includes(known)).map(({ where }) => where);
}

/** The last line of a run. */
export function describeSums(outcomes: readonly Outcome[]): string {
  const count = (type: Outcome["type"]) => outcomes.filter((one) => one.type === type).length;
  return `${count("equal")} equal, ${count("different")} different, ${count("left out")} left out`;
}
