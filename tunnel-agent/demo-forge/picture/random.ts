/** Numbers in [0, 1) that depend only on the seed they were made from. */
export type Random = () => number;

/** Hashes text to 32 bits (FNV-1a), enough to spread compositions apart. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** Makes a repeatable source of randomness (mulberry32) out of any text. */
export function createRandom(text: string): Random {
  let state = hashText(text);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A number between two bounds. */
export function drawBetween(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}
