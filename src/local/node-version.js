/** From here on Node runs TypeScript by itself. */
export const OLDEST_NODE = "22.18";

/**
 * Whether this Node can run the start. Node 23 can from 23.6 on.
 * @param {string} version such as `24.21.0`
 * @returns {boolean}
 */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major === 22) return minor >= 18;
  if (major === 23) return minor >= 6;
  return major > 23;
}
