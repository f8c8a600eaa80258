import type { GroupResult } from "./suite.ts";

/** The sums of a run. */
export interface Sums {
  passed: number;
  failed: number;
  leftOut: { name: string; need: string }[];
}

/** Adds one group's result to the sums. */
export function addUp(sums: Sums, result: GroupResult): Sums {
  if (result.type === "left out") {
    return { ...sums, leftOut: [...sums.leftOut, { name: result.name, need: result.need }] };
  }
  const failed = result.cases.filter(({ differences }) => differences.length > 0).length;
  return {
    ...sums,
    failed: sums.failed + failed,
    passed: sums.passed + result.cases.length - failed,
  };
}

/** The lines that tell of one group: how it went, and every difference. */
export function describeGroup(result: GroupResult): string[] {
  if (result.type === "left out") return [`${result.name}: left out`];
  const failed = result.cases.filter(({ differences }) => differences.length > 0);
  const passed = `${result.cases.length - failed.length} passed`;
  const details = failed.flatMap(({ id, differences }) => [
    `  ${id}`,
    ...differences.map((difference) => `    ${difference}`),
  ]);
  const failures = failed.length > 0 ? `, ${failed.length} FAILED` : "";
  return [`${result.name}: ${passed}${failures}`, ...details];
}

/** The last lines of a run: what was left out and what it needs, then the sums. */
export function describeSums({ passed, failed, leftOut }: Sums): string[] {
  const needs = leftOut.map(({ name, need }) => `  ${name}: needs ${need}`);
  return [
    ...(needs.length > 0 ? ["", "Left out:", ...needs] : []),
    "",
    `${passed} passed, ${failed} failed, ${leftOut.length} groups left out`,
  ];
}
