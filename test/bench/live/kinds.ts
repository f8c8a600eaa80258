/** Requests by what they are for: how many of each route, ids left out. */
export function showKinds(requests: readonly string[]): string {
  const kinds = new Map<string, number>();
  for (const request of requests) {
    const [method = "", path = ""] = request.split(" ");
    const last = path
      .split("/")
      .filter((part) => !/^\d+$|-/.test(part))
      .at(-1);
    const kind = `${method} ${last}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds].map(([kind, count]) => (count === 1 ? kind : `${count} ${kind}`)).join(", ");
}
