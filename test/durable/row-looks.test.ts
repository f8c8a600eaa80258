import { expect, it } from "vitest";
import { RowLooks } from "../../src/durable/row-looks.ts";

const wish = { isForAgent: true, watchers: "all" } as const;

it("tells whoever asks while a look is under way by a look that began after they asked", async () => {
  const looks: { count: number; end: () => void }[] = [];
  const rows = new RowLooks(({ length: count }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    looks.push({ count, end: resolve });
    return promise;
  });
  const told: string[] = [];
  const ask = (name: string) => rows.ask(wish).then(() => void told.push(name));
  const first = ask("first");
  await Promise.resolve();
  const later = [ask("second"), ask("third")];
  await Promise.resolve();
  expect(looks.map(({ count }) => count)).toEqual([1]);
  looks[0]?.end();
  await first;
  expect([told, looks.map(({ count }) => count)]).toEqual([["first"], [1, 2]]);
  looks[1]?.end();
  await Promise.all(later);
  expect(told).toEqual(["first", "second", "third"]);
});
