import type { Trace } from "../recording.ts";
import { diffValues, tell } from "./difference.ts";
import { readPicture } from "./picture.ts";

/** What a trace shows of live previews. */
interface Previews {
  /** Kind and share of the picture's size, each once, of both ways to get one. */
  kinds: string[];
  /** The numbers that came with the pictures of /internal/progress. */
  numbers: number[];
}

/** Compares the previews of two traces, whose jobs drew pictures of these widths. */
export async function diffPreviews(
  expected: { trace: Trace; width: number },
  actual: { trace: Trace; width: number },
): Promise<string[]> {
  const recorded = await readPreviews(expected.trace, expected.width);
  const fresh = await readPreviews(actual.trace, actual.width);
  const differences = diffValues(recorded.kinds, fresh.kinds, "previews");
  const { numbers } = fresh;
  if (numbers.length < 2)
    differences.push(tell("previews (number)", recorded.numbers.length, numbers.length));
  if (numbers.some((number, index) => index > 0 && number <= (numbers[index - 1] ?? 0))) {
    differences.push(`previews: their numbers do not grow: ${numbers.join(", ")}`);
  }
  return differences;
}

async function readPreviews({ lines }: Trace, width: number): Promise<Previews> {
  const kinds = new Set<string>();
  const numbers: number[] = [];
  for (const { what, answer } of lines) {
    const image = what === "progress" ? answer?.current_image : answer?.live_preview;
    if (typeof image !== "string") continue;
    const [data = "", prefix = ""] = image.split(",").reverse();
    const picture = await readPicture(data);
    kinds.add(`${what} ${prefix} ${picture.kind} of 1/${Math.round(width / picture.width)}`);
    if (what !== "progress") numbers.push(Number(answer?.id_live_preview));
  }
  return { kinds: [...kinds].sort(), numbers };
}
