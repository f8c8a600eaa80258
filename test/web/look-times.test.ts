import type { ListedJob } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { nextLookMs } from "../../src/web/look-times.ts";
import { EMPTY_STATE } from "../../src/web/store.ts";

const waiting = (queue_position: number, target_server_alias = "Attic") =>
  ({ mobilesd_job_id: "a", status: "pending", queue_position, target_server_alias }) as ListedJob;
const withMoving = (...moving: readonly ListedJob[]) => ({ ...EMPTY_STATE, moving });

describe("how often the page looks", () => {
  it("is every two seconds while something moves, less often while all is still", () => {
    expect(nextLookMs(withMoving(waiting(1)), false, 0)).toBe(2_000);
    expect(nextLookMs(EMPTY_STATE, false, 0)).toBe(5_000);
  });

  it("is hardly ever beside sockets, which tell what happens", () => {
    expect(nextLookMs(withMoving(waiting(1)), true, 0)).toBe(60_000);
    expect(nextLookMs(EMPTY_STATE, true, 0)).toBe(300_000);
  });

  it("is more often while jobs of others, of which nothing is told, stand before one's own", () => {
    expect(nextLookMs(withMoving(waiting(1), waiting(2)), true, 0)).toBe(60_000);
    expect(nextLookMs(withMoving(waiting(1), waiting(3)), true, 0)).toBe(10_000);
    expect(nextLookMs(withMoving(waiting(1), waiting(1, "Cellar")), true, 0)).toBe(60_000);
  });

  it("is soon again after a loss, and calmer while it lasts", () => {
    const lost = { ...EMPTY_STATE, lostAt: 1_000 };
    expect(nextLookMs(lost, true, 2_000)).toBe(1_000);
    expect(nextLookMs(lost, false, 11_000)).toBe(4_000);
  });
});
