import { styleText } from "node:util";

export type Tone = "bold" | "dim" | "green" | "yellow" | "red" | "cyan";

/** Puts a text into a tone, or leaves it as it is where colours are not wanted. */
export type Paint = (tone: Tone, text: string) => string;

export const plain: Paint = (_, text) => text;

/** Colours for a terminal that has some and whose user did not say `NO_COLOR` (https://no-color.org). */
export function paintFor(out: NodeJS.WriteStream): Paint {
  // Node itself reads NO_COLOR, TERM and the like here.
  if (!out.isTTY || !out.hasColors()) return plain;
  return (tone, text) => styleText(tone, text, { validateStream: false });
}
