import {
  createClient,
  ERRORS,
  type ErrorCode,
  ROLES,
  ROUTES,
  type Route,
} from "@mobilesd/contract";
import { expect, it } from "vitest";

const routes = Object.entries<Route>(ROUTES);

it.each(routes)("%s says who may call it, what it answers and how it fails", (_, route) => {
  expect(route.summary).toMatch(/^[A-Z]/);
  expect(new Set(route.errors).size).toBe(route.errors.length);
  for (const code of route.errors) expect(Object.hasOwn(ERRORS, code), code).toBe(true);
  const params = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  expect(Object.keys(route.params?.shape ?? {})).toEqual(params);
  expect(route.status === 204).toBe(route.response === undefined);
  if (route.method === "GET") expect(route.body).toBeUndefined();
});

it("has each method of a path once", () => {
  const keys = routes.map(([, { method, path }]) => `${method} ${path}`);
  expect(new Set(keys).size).toBe(keys.length);
});

it("leaves open without a key only what cannot need one", () => {
  const open = routes.filter(([, route]) => route.access === "public").map(([name]) => name);
  expect(open).toEqual(["health", "setUp", "claimPairing", "signIn", "signOut"]);
});

it("gives each route to some role", () => {
  const permissions: string[] = Object.values(ROLES).flat();
  for (const [name, { access }] of routes) {
    const isOpen = access === "public" || access === "signed_or_jobs:read";
    const isGiven = access.split("_or_").some((one) => permissions.includes(one));
    expect(isOpen || isGiven, name).toBe(true);
  }
});

/** The statuses of the interface, once more by hand: a client's switch relies on them. */
const STATUSES: Record<ErrorCode, number> = {
  credentials_required: 401,
  invalid_credentials: 401,
  pairing_code_invalid: 401,
  setup_token_invalid: 401,
  forbidden: 403,
  cross_site_request: 403,
  not_found: 404,
  method_not_allowed: 405,
  invalid_request: 400,
  unknown_server: 400,
  unknown_name: 400,
  ambiguous_name: 400,
  not_built: 400,
  invalid_image: 400,
  unknown_upload: 400,
  body_too_large: 413,
  length_required: 411,
  unsupported_media_type: 415,
  checksum_mismatch: 422,
  idempotency_key_reused: 422,
  already_set_up: 409,
  already_finished: 409,
  job_not_finished: 409,
  job_processing: 409,
  job_cancelled: 409,
  lease_lost: 409,
  session_unknown: 409,
  session_superseded: 409,
  server_away: 409,
  socket_expected: 426,
  too_many_watchers: 503,
  ticket_invalid: 401,
  image_conflict: 409,
  image_missing: 409,
  range_not_satisfiable: 416,
  internal: 500,
  unavailable: 503,
};

it("keeps every error's status, and says of each whether another try can help", () => {
  const statuses = Object.entries(ERRORS).map(([code, { status }]) => [code, status]);
  expect(Object.fromEntries(statuses)).toEqual(STATUSES);
  const later = Object.entries(ERRORS).filter(([, { retry }]) => retry === "later");
  expect(later.map(([code]) => code)).toEqual([
    "checksum_mismatch",
    "server_away",
    "too_many_watchers",
    "internal",
    "unavailable",
  ]);
});

it("says the two sentences of a refused key exactly", () => {
  expect(ERRORS.credentials_required.title).toBe("API key and secret are required");
  expect(ERRORS.invalid_credentials.title).toBe("Invalid API credentials");
});

it("builds the path and query of a call from its parts", async () => {
  const sent: string[] = [];
  const client = createClient(async ({ method, path }) => {
    sent.push(`${method} ${path}`);
    return { status: 204, header: () => null, json: async () => null };
  });
  const id = "3f0d6a0e-5a50-4c5e-9d3e-6f2f9f9d8a11";
  await client.call("deleteJob", { params: { id } });
  await client.call("listJobs", { query: { q: "a & b", limit: 5 } }).catch(() => undefined);
  expect(sent).toEqual([
    `DELETE /api/v1/queue/jobs/${id}`,
    "GET /api/v1/queue/jobs?q=a%20%26%20b&limit=5",
  ]);
});
