import { FailureReason, StatusReason } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import {
  agoWords,
  boxWords,
  isDrawing,
  outlookWords,
  ownerWords,
  reasonWords,
  serverWords,
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

  it("is why one failed, in words and never in codes", () => {
    const job = { ...pending, status: "failed", status_reason: "oom" } as const;
    expect(outlookWords(job, NOW)).toBe("The GPU ran out of memory");
    for (const reason of StatusReason.options) {
      expect(reasonWords(reason) ?? "").not.toMatch(/_/);
    }
    const unsaid = FailureReason.options.filter((reason) => !reasonWords(reason));
    expect(unsaid).toEqual([]);
  });

  it.each([
    [10, "just now"],
    [70, "1 min ago"],
    [7_200, "2 h ago"],
    [200_000, "2 d ago"],
  ])("is when it was: %i s ago", (seconds, words) => {
    expect(agoWords(inSeconds(-seconds), NOW)).toBe(words);
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

describe("what the page says of a box", () => {
  const box = {
    alias: "Attic",
    forge: { flavour: "forge", version: null },
    agent_version: "1",
    session_started_at: inSeconds(-3_600),
    is_present: true,
    last_seen_at: inSeconds(-120),
    has_catalogue: true,
    queue_length: 0,
    estimated_start_time: "2026-11-02T12:00:00.000Z",
  };

  it.each([
    ["Forge", {}],
    ["Forge Neo", { forge: { flavour: "neo", version: null } }],
    ["stand-in pictures, no Stable Diffusion", { forge: { flavour: "demo", version: null } }],
    ["away, last seen 2 h ago", { is_present: false, last_seen_at: inSeconds(-7_200) }],
    ["its agent has not come yet", { forge: null, is_present: false, last_seen_at: null }],
  ])("tells what it is or where it went: %s", (words, more) => {
    expect(serverWords({ ...box, ...more }, NOW)).toBe(words);
  });
});

describe("a job whose box went away in the middle", () => {
  const away = { status: "processing", status_reason: "agent_offline" } as const;

  it("is not shown as one that is being drawn", () => {
    expect(statusWord(away)).toBe("Box away");
    expect(isDrawing(away)).toBe(false);
    expect(isDrawing({ status: "processing", status_reason: "running" })).toBe(true);
    expect(statusWord({ status: "processing", status_reason: "running" })).toBe("Working");
  });
});
