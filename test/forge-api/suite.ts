import type { Case, Group } from "./cases/case.ts";
import { ForgeGone } from "./forge/connection.ts";
import { NEEDS, type Need } from "./forge/needs.ts";
import type { Session } from "./session.ts";

/** What became of one case. */
export interface CaseResult {
  id: string;
  differences: string[];
}

/** What became of one group: it was begun and its cases were run, or it was left out for what it needs. */
export type GroupResult =
  | { type: "begun"; name: string }
  | { type: "run"; name: string; cases: CaseResult[] }
  | { type: "left out"; name: string; need: string };

/**
 * Runs groups one after the other and yields what becomes of each. A failure of a case is a difference of
 * it. Ends early, after the case under way, when `signal` is aborted. Throws `ForgeGone`.
 */
export async function* runGroups(
  session: Session,
  groups: readonly Group[],
  signal: AbortSignal,
): AsyncGenerator<GroupResult> {
  for (const group of groups) {
    if (signal.aborted) return;
    const need = await findLacking(session, group);
    if (need === null) {
      yield { type: "begun", name: group.name };
      yield { type: "run", name: group.name, cases: await runGroup(session, group, signal) };
    } else yield { type: "left out", name: group.name, need: NEEDS[need] };
  }
}

async function findLacking(session: Session, { needs }: Group): Promise<Need | null> {
  for (const need of needs) {
    if (!(await session.has(need))) return need;
  }
  return null;
}

async function runGroup(
  session: Session,
  { name, cases, begin, end }: Group,
  signal: AbortSignal,
): Promise<CaseResult[]> {
  const unready = await runCase(session, {
    id: name,
    run: async () => {
      await begin?.(session);
      return [];
    },
  });
  if (unready.length > 0) return [{ id: name, differences: unready }];
  const results: CaseResult[] = [];
  try {
    for (const each of cases) {
      if (signal.aborted) break;
      results.push({ id: each.id, differences: await runCase(session, each) });
    }
  } finally {
    await end?.(session);
  }
  return results;
}

async function runCase(session: Session, { run }: Case): Promise<string[]> {
  try {
    return await run(session);
  } catch (error) {
    if (error instanceof ForgeGone) throw error;
    return [error instanceof Error ? error.message : String(error)];
  }
}
