/**
 * Does the work for every item, at most `limit` at a time, and answers in the items' order. The first error ends
 * it: no further item is begun, and the error is thrown once those under way are over.
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, at: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  let hasFailed = false;
  const line = async () => {
    for (const [at, item] of queue) {
      if (hasFailed) return;
      try {
        results[at] = await work(item, at);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const lines = Array.from({ length: Math.min(limit, items.length) }, line);
  for (const line of await Promise.allSettled(lines)) {
    if (line.status === "rejected") throw line.reason;
  }
  return results;
}
