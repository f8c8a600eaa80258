import { describe, expect, it } from "vitest";
import { createTurns } from "../src/turns.ts";

/** Work of which the test says when it ends. */
function startWork(limit: number) {
  const turns = createTurns(limit);
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const take = (name: string, signal?: AbortSignal) =>
    turns(async () => {
      begun.push(name);
      const end = Promise.withResolvers<void>();
      ends.set(name, end);
      await end.promise;
      return name;
    }, signal);
  return { begun, take, end: (name: string) => ends.get(name) };
}

describe("work that takes turns", () => {
  it("goes on so much at a time, and begins in the order in which it came", async () => {
    const { begun, take, end } = startWork(2);
    const all = ["a", "b", "c", "d"].map((name) => take(name));
    expect(begun).toEqual(["a", "b"]);
    end("b")?.resolve();
    expect(await all[1]).toBe("b");
    expect(begun).toEqual(["a", "b", "c"]);
    end("a")?.resolve();
    await all[0];
    expect(begun).toEqual(["a", "b", "c", "d"]);
  });

  it("hands its turn on when it fails", async () => {
    const { begun, take, end } = startWork(1);
    const [first] = [take("a"), take("b")];
    end("a")?.reject(new Error("broken"));
    await expect(first).rejects.toThrow("broken");
    expect(begun).toEqual(["a", "b"]);
  });

  it("is not begun any more once it is not wanted, and holds nobody up", async () => {
    const { begun, take, end } = startWork(1);
    const unwanted = new AbortController();
    const [first, second, third] = [take("a"), take("b", unwanted.signal), take("c")];
    unwanted.abort(new Error("unwanted"));
    await expect(second).rejects.toThrow("unwanted");
    end("a")?.resolve();
    await first;
    expect(begun).toEqual(["a", "c"]);
    end("c")?.resolve();
    expect(await third).toBe("c");
  });
});
