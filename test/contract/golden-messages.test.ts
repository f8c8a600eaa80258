import { readFileSync } from "node:fs";
import { ClaimPairing, EventsQuery, JobStatus, PairingClaimed, ROUTES } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { isWellFormedToken, keyIdOf } from "../../src/domain/credentials.ts";

const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), "utf8"));

it("answers a retry as it answers a submit", () => {
  const answer = golden("retry-answer");
  expect(ROUTES.retryJob.response.parse(answer)).toEqual(answer);
  expect(ROUTES.submitJob.response.parse(answer)).toEqual(answer);
});

it("gives an extension a key of its own for a code", () => {
  const { request, answer } = golden("claim-extension");
  expect(ClaimPairing.parse(request)).toEqual(request);
  expect(PairingClaimed.parse(answer)).toEqual(answer);
  const { id, key, secret } = answer.key;
  expect(isWellFormedToken("msk_", key) && isWellFormedToken("mss_", secret)).toBe(true);
  expect(id).toBe(keyIdOf(key));
});

it("gives an extension a ticket for its page's socket", () => {
  const { request, answer } = golden("event-ticket");
  expect(ROUTES.createEventTicket.body.parse(request)).toEqual(request);
  expect(ROUTES.createEventTicket.response.parse(answer)).toEqual(answer);
  const query = Object.fromEntries(new URL(answer.url).searchParams);
  const opened = { server: request.server_alias, ticket: answer.ticket };
  expect(EventsQuery.parse(query)).toEqual(opened);
});

it("lists jobs of every status with their places, field by field", () => {
  const list = golden("list-with-places");
  expect(ROUTES.listJobs.response.parse(list)).toEqual(list);
  const statuses = new Set(list.jobs.map((job: { status: string }) => job.status));
  expect(JobStatus.options.filter((status) => !statuses.has(status))).toEqual(["cancelled"]);
});
