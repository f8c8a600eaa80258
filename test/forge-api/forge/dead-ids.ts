import type { JsonObject } from "../compare/difference.ts";

/**
 * Takes ids that waited before the run out of an answer of pending-tasks, and out of the count that
 * /internal/progress shows to a waiting job. Any other answer stays as it is.
 */
export function takeOutDeadIds(body: JsonObject, deadIds: readonly string[]): JsonObject {
  const dead = deadIds.length;
  if (dead === 0) return body;
  if (Array.isArray(body.tasks)) {
    const tasks = body.tasks.filter((id) => !deadIds.includes(String(id)));
    return { ...body, size: Number(body.size) - dead, tasks };
  }
  const place = /^In queue: (\d+)\/(\d+)$/.exec(String(body.textinfo));
  if (!place) return body;
  const [own, all] = [Number(place[1]) - dead, Number(place[2]) - dead];
  return { ...body, textinfo: `In queue: ${own}/${all}` };
}
