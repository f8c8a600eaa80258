import { type FailureKind, type FailureReason, LIMITS } from "@mobilesd/contract";

/** Why a run gave no result, as `fail` tells it to the queue. */
export interface Failure {
  readonly kind: FailureKind;
  readonly reason: FailureReason;
  /** For the person who queued the job. */
  readonly message: string;
  /** For the owner of the box, where there is something to do there. */
  readonly owner_message?: string;
  readonly field?: string;
}

export interface FailureDetails {
  /** The field of `generation_params` that is to blame. */
  readonly field?: string | undefined;
  readonly ownerMessage?: string | undefined;
}

/** The words as a sentence, whoever wrote them. */
const withEnd = (words: string) => (/[.!?…]$/.test(words) ? words : `${words}.`);

const storable = (words: string) => withEnd(redact(words)).slice(0, LIMITS.errorMessageCharsMax);

/** A failure in words that may leave the box: folders and pictures are taken out of them. */
export function failure(
  kind: FailureKind,
  reason: FailureReason,
  message: string,
  { field, ownerMessage }: FailureDetails = {},
): Failure {
  return {
    kind,
    reason,
    message: storable(message),
    ...(ownerMessage === undefined ? {} : { owner_message: storable(ownerMessage) }),
    ...(field === undefined ? {} : { field: field.slice(0, LIMITS.fieldCharsMax) }),
  };
}

/** Something that was asked for was lost on the way, in a manner that another try would repeat. */
export function notAsAsked(field: string, message: string): Failure {
  return failure("user", "not_as_asked", message, { field });
}

/** An apostrophe inside a name (O'Brien), where another ends a quoted text. */
const APOSTROPHE = String.raw`(?<=\w)'(?=\w)`;

/**
 * A path of the host from its root, drive or share to its last separator. Folders may hold blanks, and
 * Python's repr doubles backslashes.
 */
const HOST_PATH = new RegExp(
  String.raw`(?:(?<![A-Za-z])[A-Za-z]:[\\/]+|\\\\|(?<![\w./])/(?!/))(?:(?:[^\\/:"'<>|*?\n]|${APOSTROPHE})+[\\/]+)+`,
  "g",
);
/** Somebody's home itself: its last part is a name. */
const HOME = new RegExp(
  String.raw`(?<![\w./])/(?!/)(?:home|Users)/(?:[^\s\\/:"']|${APOSTROPHE})+(?![\w\\/]|'\w)` +
    String.raw`|[A-Za-z]:[\\/]+Users[\\/]+(?:[^\\/:"'\n]|${APOSTROPHE})+(?=["\n]|'(?!\w)|$)`,
  "g",
);

/**
 * Takes the host's folders, and whatever is long enough to be a picture, out of Forge's words. The last
 * part of a path may stay: it names the file. Takes rather too much than too little.
 */
export function redact(text: string): string {
  return text
    .replace(/file:\/\//gi, "")
    .replace(HOME, "…")
    .replace(HOST_PATH, "…/")
    .replace(/[A-Za-z0-9+/=]{200,}/g, "…");
}
