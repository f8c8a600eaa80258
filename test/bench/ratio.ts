/** A ratio over several rounds: the median of the rounds' own ratios, and the extremes. */
export interface Ratio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The middle value, or the mean of the two in the middle. Throws for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new Error("There is no median of nothing");
  return (lower + upper) / 2;
}

/** The ratio of what two variants took in the same rounds, round by round: noise hits both. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Ratio {
  const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
}

/** `1.32× (1.20–1.41)`. */
export function showRatio({ median, min, max }: Ratio, digits = 2): string {
  const [middle, least, most] = [median, min, max].map((value) => value.toFixed(digits));
  return `${middle}× (${least}–${most})`;
}

/**
 * Measures every variant once in each round. The order turns from round to round, so that none is always
 * the one that runs on a machine warmed or tired by another.
 */
export async function interleave<N extends string>(
  rounds: number,
  variants: Readonly<Record<N, (round: number) => Promise<number>>>,
): Promise<Record<N, number[]>> {
  const names = Object.keys(variants) as N[];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    N,
    number[]
  >;
  for (let round = 0; round < rounds; round++) {
    for (const at of names.keys()) {
      const name = names[(at + round) % names.length];
      if (name !== undefined) results[name].push(await variants[name](round));
    }
  }
  return results;
}
