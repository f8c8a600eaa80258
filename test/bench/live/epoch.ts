/** Milliseconds since 1970 in fractions, as the demo Forge's records have them: comparable between processes. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
