import { type ErrorCode, ROUTES, type Route } from "@mobilesd/contract";

const ALWAYS: ErrorCode[] = ["internal", "unavailable", "unsupported_media_type"];
const OF_ACCESS: ErrorCode[] = [
  "credentials_required",
  "invalid_credentials",
  "forbidden",
  "cross_site_request",
];
const OF_BODY: ErrorCode[] = ["invalid_request", "body_too_large"];

/** What a route of the table may answer: its own list, and what its access and its schemas imply. */
function announcedBy(route: Route): Set<string> {
  const isAgent = route.access === "agent";
  return new Set<ErrorCode>([
    ...ALWAYS,
    ...route.errors,
    ...(route.access === "public" ? [] : OF_ACCESS),
    ...(route.params ? (["not_found"] as const) : []),
    ...(route.body !== undefined || isAgent ? OF_BODY : []),
    ...(route.query ? (["invalid_request"] as const) : []),
  ]);
}

/** Throws when a request was answered with an error that the table of routes does not announce. */
export function requireAnnounced(method: string, url: string, code: string): void {
  const path = new URL(url).pathname;
  const route = Object.values<Route>(ROUTES).find(
    (one) =>
      one.method === method && new RegExp(`^${one.path.replace(/:\w+/g, "[^/]+")}$`).test(path),
  );
  if (route && !announcedBy(route).has(code)) {
    throw new Error(`${method} ${route.path} does not announce ${code}`);
  }
}
