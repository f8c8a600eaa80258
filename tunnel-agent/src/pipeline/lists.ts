import type { RunEnd } from "../job/run/run-end.ts";

/**
 * Whether Forge's lists are to be read again, and handed on even if they are the same. Each says more than the
 * one before.
 */
export type ListsState = "fresh" | "read_again" | "hand_on";

const ORDER: readonly ListsState[] = ["fresh", "read_again", "hand_on"];

/** What two reasons come to. Pure. */
export const bothLists = (a: ListsState, b: ListsState): ListsState =>
  ORDER.indexOf(a) > ORDER.indexOf(b) ? a : b;

/**
 * What a run says about the lists: another model than the one asked for, or a name that is missing, mean that they
 * are old on one side or the other. Pure.
 */
export function listsAfter(end: RunEnd): ListsState {
  if (end.type === "missing_name") return "hand_on";
  const reason = end.type === "failed" ? end.failure.reason : null;
  if (reason === "wrong_model") return "hand_on";
  // Results without a text: its owner may have switched it off a moment ago.
  return reason === "incomplete_result" ? "read_again" : "fresh";
}
