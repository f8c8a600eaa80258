import type { CaseResult, GroupResult } from "./suite.ts";

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
  if (result.type === "begun") return sums;
  const failed = result.cases.filter(({ differences }) => differences.length > 0).length;
  return {
    ...sums,
    failed: sums.failed + failed,
    passed: sums.passed + result.cases.length - failed,
  };
}

/** What stands behind the name of a group that was run: how it went, and every difference. */
export function describeRun(cases: readonly CaseResult[]): string[] {
  const failed = cases.filter(({ differences }) => differences.length > 0);
  const failures = failed.length > 0 ? `, ${failed.length} FAILED` : "";
  return [
    `${cases.length - failed.length} passed${failures}`,
    ...failed.flatMap(({ id, differences }) => [
      `  ${id}`,
      ...differences.map((difference) => `    ${difference}`),
    ]),
  ];
}

/** The last lines of a run: what was left out, by what it needs, then the sums. */
export function describeSums({ passed, failed, leftOut }: Sums): string[] {
  const needs = [...new Set(leftOut.map(({ need }) => need))].flatMap((need) => {
    const names = leftOut.filter((group) => group.need === need).map(({ name }) => name);
    return [`Left out: ${names.join("; ")}`, `  They need ${need}.`];
  });
  return [...needs, `${passed} passed, ${failed} failed, ${leftOut.length} groups left out`];
}
