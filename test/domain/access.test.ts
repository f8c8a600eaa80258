import { type Permission, ROLES } from "@mobilesd/contract";
import { expect, it } from "vitest";
import { mayCall, ownerScope } from "../../src/domain/access.ts";

const actor = (permissions: readonly Permission[], serverAlias: string | null = null) => ({
  ownerId: "own_1",
  ownerName: "one",
  keyId: "key_1",
  permissions,
  serverAlias,
});

it("lets each role call what it is for", () => {
  expect(mayCall(actor(ROLES.viewer), "jobs:read")).toBe(true);
  expect(mayCall(actor(ROLES.viewer), "jobs:submit")).toBe(false);
  expect(mayCall(actor(ROLES.member), "jobs:manage")).toBe(true);
  expect(mayCall(actor(ROLES.member), "keys:manage")).toBe(false);
  expect(mayCall(actor(ROLES.owner), "keys:manage")).toBe(true);
  expect(mayCall(actor([]), "public")).toBe(true);
  expect(mayCall(actor([]), "signed_or_jobs:read")).toBe(false);
});

it("tells the servers to whoever may queue a job or read one", () => {
  const access = "jobs:submit_or_jobs:read";
  expect(mayCall(actor(["jobs:submit"]), access)).toBe(true);
  expect(mayCall(actor(["jobs:read"]), access)).toBe(true);
  expect(mayCall(actor(["jobs:manage"]), access)).toBe(false);
  expect(mayCall(actor(ROLES.agent, "box"), access)).toBe(false);
});

it("binds an agent to one server, and keeps owners off the agent's routes", () => {
  expect(mayCall(actor(ROLES.agent, "box"), "agent")).toBe(true);
  expect(mayCall(actor(ROLES.agent), "agent")).toBe(false);
  expect(mayCall(actor(ROLES.owner, "box"), "agent")).toBe(false);
  expect(mayCall(actor(ROLES.agent, "box"), "jobs:read")).toBe(false);
});

it("reaches every owner's jobs only with jobs:all", () => {
  expect(ownerScope(actor(ROLES.member))).toBe("own_1");
  expect(ownerScope(actor(ROLES.owner))).toBe(null);
});
