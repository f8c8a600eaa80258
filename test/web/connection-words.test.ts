import { describe, expect, it } from "vitest";
import { connectionOf } from "../../src/web/connection-words.ts";
import { sinceWords } from "../../src/web/time-words.ts";

const KNOWN = { knownAt: 1_000_000, lostAt: 1_002_000 };

describe("what the page says of a lost connection", () => {
  it("is a word in passing for ten seconds, and only then that what it shows is old", () => {
    expect(connectionOf({ ...KNOWN, lostAt: null }, 2_000_000)).toEqual({ kind: "good" });
    expect(connectionOf(KNOWN, 1_002_000)).toEqual({ kind: "reconnecting" });
    expect(connectionOf(KNOWN, 1_011_999)).toEqual({ kind: "reconnecting" });
    const since = sinceWords(new Date(1_000_000).toISOString(), 1_012_000);
    expect(connectionOf(KNOWN, 1_012_000)).toEqual({
      kind: "lost",
      words: `No connection. This is what was known at ${since}. Trying again…`,
    });
  });

  it("is at once that nobody answers where nothing is known yet", () => {
    expect(connectionOf({ knownAt: null, lostAt: 5 }, 5)).toEqual({
      kind: "lost",
      words: "The queue does not answer. Trying again…",
    });
  });
});
