const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

/** A length of time as people say it: `about 3 min`. Null where it is not worth a number. */
export function lengthWords(seconds: number): string | null {
  if (seconds < 5) return null;
  if (seconds < MINUTE_S) return `about ${Math.ceil(seconds / 5) * 5} s`;
  if (seconds < HOUR_S) return `about ${Math.round(seconds / MINUTE_S)} min`;
  if (seconds < DAY_S) return `about ${Math.round(seconds / HOUR_S)} h`;
  return `about ${Math.round(seconds / DAY_S)} days`;
}

/** A length of time that is over, to the second: `18 s`, `2 min 5 s`. */
export function durationWords(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < MINUTE_S) return `${seconds} s`;
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)} min ${seconds % MINUTE_S} s`;
  return `${Math.floor(seconds / HOUR_S)} h ${Math.floor((seconds % HOUR_S) / MINUTE_S)} min`;
}

/** How long ago something was, or its date when that is longer than a week. */
export function agoWords(timestamp: string, now: number): string {
  const seconds = (now - Date.parse(timestamp)) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < HOUR_S) return `${Math.max(1, Math.round(seconds / MINUTE_S))} min ago`;
  if (seconds < DAY_S) return `${Math.round(seconds / HOUR_S)} h ago`;
  if (seconds < 7 * DAY_S) return `${Math.round(seconds / DAY_S)} d ago`;
  return new Date(timestamp).toLocaleDateString();
}

/** Since when something is so: a time of day, with its date when that is another. */
export function sinceWords(timestamp: string, now: number): string {
  const then = new Date(timestamp);
  const time = then.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (then.toDateString() === new Date(now).toDateString()) return time;
  return `${then.toLocaleDateString([], { day: "numeric", month: "short" })}, ${time}`;
}
