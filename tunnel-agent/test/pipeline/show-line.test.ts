import { expect, it } from "vitest";
import { createAgentState } from "../../src/pipeline/agent-view.ts";
import type { SeatView } from "../../src/pipeline/forge-line.ts";
import { showLine } from "../../src/pipeline/show-line.ts";

/** A job that is drawn so far. */
const drawn = (jobId: string, share: number): SeatView => ({
  jobId,
  label: jobId,
  megapixelSteps: 1,
  where: "in Forge",
  progress: { share, phase: "drawing", remainingMs: null, moveMs: 0 },
  pictures: null,
});
const held = (jobId: string): SeatView => ({ ...drawn(jobId, 0), where: "held", progress: null });

it("the bar of a job never goes back while this agent has it, whatever Forge tells", () => {
  const state = createAgentState();
  let seats: readonly SeatView[] = [];
  let listener = () => {};
  showLine(
    {
      seats: () => seats,
      onChange(heard) {
        listener = heard;
        return () => {};
      },
    },
    state,
  );
  const shareWith = (...next: SeatView[]) => {
    seats = next;
    listener();
    return state.view().current?.share;
  };
  expect(shareWith(drawn("a", 0.5), held("b"))).toBe(0.5);
  expect(shareWith(drawn("a", 0.1), held("b"))).toBe(0.5);
  expect(shareWith(held("a"), held("b"))).toBe(undefined);
  expect(shareWith(drawn("a", 0.2), held("b"))).toBe(0.5);
  expect(shareWith(drawn("a", 0.7), held("b"))).toBe(0.7);
  expect(shareWith(drawn("b", 0.1))).toBe(0.1);
  expect(shareWith(drawn("a", 0.1))).toBe(0.1);
});
