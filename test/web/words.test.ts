import { FailureReason, StatusReason } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { sinceWords } from "../../src/web/time-words.ts";
import type { LiveRun } from "../../src/web/live-run.ts";
import {
  boxWords,
  isDrawing,
  outlookWords,
  ownerWords,
  reasonWords,
  statusWord,
} from "../../src/web/words.ts";

const NOW = Date.parse("2026-11-25T12:00:00Z");
const inSeconds = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

function waiting(more: object = {}) {
  return {
    queue_position: 1,
    estimated_start_time: inSeconds(0),
    estimated_completion_time: inSeconds(10),
    ...more,
  };
}

const pending = {
  status: "pending",
  status_reason: "queued",
  started_timestamp: null,
} as const;

describe("what the page says of a waiting job", () => {
  it.each([
    [waiting(), "Next in line"],
    [waiting({ estimated_start_time: inSeconds(31) }), "Next in line, starts in about 35 s"],
    [
      waiting({ queue_position: 2, estimated_start_time: inSeconds(200) }),
      "1 job before it, starts in about 3 min",
    ],
    [
      waiting({ queue_position: 8, estimated_start_time: inSeconds(7_300) }),
      "7 jobs before it, starts in about 2 h",
    ],
    [
      waiting({
        queue_position: 100,
        queue_position_is_minimum: true,
        estimated_start_time: inSeconds(200_000),
      }),
      "More than 99 jobs before it, starts in about 2 days",
    ],
  ])("is its place and its time: %o", (estimate, words) => {
    expect(outlookWords({ ...pending, ...estimate }, NOW)).toBe(words);
  });

  it("is nothing before its place is known", () => {
    expect(outlookWords(pending, NOW)).toBeNull();
  });

  it("is why it waits, not a time that nobody knows, when its box is away", () => {
    const job = { ...pending, status_reason: "waiting_for_server" } as const;
    expect(outlookWords({ ...job, ...waiting() }, NOW)).toBe("Waits for its box to come online");
    const since = inSeconds(-7_200);
    const away = { ...job, ...waiting(), server_away_since: since };
    expect(outlookWords(away, NOW)).toBe(
      `Its box is away since ${sinceWords(since, NOW)}; it starts when the box is back`,
    );
  });

  it("is that its box is paused, without a time", () => {
    const job = { ...pending, status_reason: "paused", ...waiting() } as const;
    expect(outlookWords(job, NOW)).toBe("Its box is paused; it starts when the box is resumed");
    const draining = { run: undefined, percent: 0, mode: "draining" } as const;
    expect(outlookWords(job, NOW, draining)).toBe("Its box takes no more jobs (draining)");
  });
});

describe("what the page says of other jobs", () => {
  it("is the time that is left while one is drawn", () => {
    const job = { ...pending, status: "processing", status_reason: "running" } as const;
    const estimate = waiting({ estimated_completion_time: inSeconds(20) });
    expect(outlookWords({ ...job, ...estimate }, NOW)).toBe("Being drawn, about 20 s left");
    expect(outlookWords({ ...job, ...waiting({ estimated_completion_time: null }) }, NOW)).toBe(
      "Being drawn",
    );
    const cancelling = { ...job, status_reason: "cancelling" } as const;
    expect(outlookWords({ ...cancelling, ...estimate }, NOW)).toBe("Being stopped");
  });

  it.each([
    [{}, "Being drawn, 43\u00a0%, about 20 s left"],
    [{ endsAt: null }, "Being drawn, 43\u00a0%"],
    [{ phase: "waiting" }, "Handed to Forge"],
    [{ phase: "loading" }, "Forge gets model and prompt ready"],
    [{ phase: "finishing", endsAt: null }, "Being finished, 43\u00a0%"],
    [{ finals: new Map([[1, { src: "", width: 1, height: 1 }]]) }, "Drawn, being stored"],
  ] as const)("is what its run is at, as far as that is heard: %o", (more, words) => {
    const run: LiveRun = {
      epoch: 1,
      progress: 43,
      phase: "drawing",
      endsAt: NOW + 20_000,
      growing: null,
      finals: new Map(),
      progressN: 1,
      previewN: 0,
      ...more,
    };
    const job = { ...pending, status: "processing", status_reason: "running" } as const;
    expect(outlookWords(job, NOW, { run, percent: 43 })).toBe(words);
    const cancelling = { ...job, status_reason: "cancelling" } as const;
    expect(outlookWords(cancelling, NOW, { run, percent: 43 })).toBe("Being stopped");
  });

  it("is how long one took that is done", () => {
    const times = { started_timestamp: inSeconds(-20), completion_timestamp: inSeconds(-2) };
    const job = { ...pending, ...times, status: "completed", status_reason: "done" } as const;
    expect(outlookWords(job, NOW)).toBe("Took 18 s");
    expect(outlookWords({ ...job, started_timestamp: null }, NOW)).toBeNull();
  });

  it("is why one failed, in words and never in codes", () => {
    const job = { ...pending, status: "failed", status_reason: "oom" } as const;
    expect(outlookWords(job, NOW)).toBe("The GPU ran out of memory");
    for (const reason of StatusReason.options) {
      expect(reasonWords(reason) ?? "").not.toMatch(/_/);
    }
    const unsaid = FailureReason.options.filter((reason) => !reasonWords(reason));
    expect(unsaid).toEqual([]);
  });
});

describe("which box a job is for", () => {
  it("is the one that it was queued for, and then the one that drew it", () => {
    const job = { target_server_alias: "Attic", server_alias: null };
    expect(boxWords(job)).toBe("for Attic");
    expect(boxWords({ ...job, server_alias: "Cellar" })).toBe("on Cellar");
  });
});

describe("what the owner of a box can do about a failure", () => {
  it("is said to be for the owner, and left out where there is nothing", () => {
    const error = { code: "forge_login", message: "Forge wants a login" } as const;
    expect(ownerWords({ ...error, owner_message: "set FORGE_API_AUTH" })).toBe(
      "For the owner of the box: set FORGE_API_AUTH",
    );
    expect(ownerWords(error)).toBeNull();
    expect(ownerWords(null)).toBeNull();
  });
});

describe("a job whose box went away in the middle", () => {
  const away = { status: "processing", status_reason: "agent_offline" } as const;

  it("says since when, and that nothing is lost", () => {
    const since = inSeconds(-60);
    expect(outlookWords({ ...away, server_away_since: since }, NOW)).toBe(
      `Its box is away since ${sinceWords(since, NOW)}; it goes on when the box is back`,
    );
  });

  it("is not shown as one that is being drawn", () => {
    expect(statusWord(away)).toBe("Box away");
    expect(isDrawing(away)).toBe(false);
    expect(isDrawing({ status: "processing", status_reason: "running" })).toBe(true);
    expect(statusWord({ status: "processing", status_reason: "running" })).toBe("Working");
  });
});
