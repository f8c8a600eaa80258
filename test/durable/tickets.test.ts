import { DURATIONS, type EventTicket, ROLES } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { openBox, submitJob, watch } from "../support/workerd/live-socket.ts";
import { newAgent, type TestAgent } from "../support/workerd/new-agent.ts";
import { authOf, newKey, newOwner } from "../support/workerd/new-owner.ts";

async function ticketFor(agent: TestAgent, as: Record<string, string>): Promise<string> {
  const json = { server_alias: agent.alias };
  const answer = await agent.queue.call<EventTicket>("POST", "/api/v1/events/tickets", {
    as,
    json,
  });
  expect(answer.status).toBe(201);
  return answer.body.ticket;
}

/** What is answered to somebody who shows a ticket and nothing else. */
async function refusalOf(agent: TestAgent, ticket: string, alias = agent.alias) {
  const path = `/api/v1/events?server=${alias}&ticket=${ticket}`;
  return (await agent.queue.call("GET", path)).body;
}

const INVALID = { code: "ticket_invalid", status: 401 };

describe("a ticket", () => {
  it("opens the events once, for a page that sends no headers, and shows what its key may see", async () => {
    const { queue, owner, agent } = await openBox();
    const ben = await newOwner(queue);
    const ticket = await ticketFor(agent, ben.auth as Record<string, string>);
    const watcher = await watch(queue, agent.alias, {}, `&ticket=${ticket}`);
    await watcher.next("server");
    await submitJob(agent, owner);
    const bens = await submitJob(agent, ben);
    await watcher.next("job");
    expect(watcher.of("job").map((event) => event.mobilesd_job_id)).toEqual([bens]);
    expect(await refusalOf(agent, ticket)).toMatchObject(INVALID);
  });

  it("says by which address it is opened, and until when", async () => {
    const { queue, owner, agent } = await openBox();
    const json = { server_alias: agent.alias };
    const { body } = await queue.call<EventTicket>("POST", "/api/v1/events/tickets", {
      as: owner.auth,
      json,
    });
    const url = new URL(body.url);
    expect([url.protocol, url.host, url.pathname]).toEqual(["ws:", "queue.test", "/api/v1/events"]);
    expect(url.searchParams.get("ticket")).toBe(body.ticket);
    expect(Date.parse(body.expires_at) - queue.now).toBe(DURATIONS.eventTicketTtlMs);
    await (await watch(queue, agent.alias, {}, url.search.replace(/^\?server=[^&]+/, ""))).next(
      "server",
    );
  });

  it("is spent by the first of many who show it at once", async () => {
    const { queue, owner, agent } = await openBox();
    const ticket = await ticketFor(agent, owner.auth as Record<string, string>);
    const tries = Array.from({ length: 8 }, () =>
      watch(queue, agent.alias, {}, `&ticket=${ticket}`).then(
        () => "in",
        (error) => String(error.message),
      ),
    );
    const answers = await Promise.all(tries);
    expect(answers.filter((answer) => answer === "in")).toHaveLength(1);
    expect(answers.filter((answer) => answer.includes("ticket_invalid"))).toHaveLength(7);
  });

  it("opens nothing after its minute, nor another server, nor when it was forged", async () => {
    const { queue, owner, agent } = await openBox();
    const other = await newAgent(queue, owner);
    const ticket = await ticketFor(agent, owner.auth as Record<string, string>);
    expect(await refusalOf(agent, ticket, other.alias)).toMatchObject(INVALID);
    const forged = ticket.slice(0, -1) + (ticket.endsWith("0") ? "1" : "0");
    expect(await refusalOf(agent, forged)).toMatchObject(INVALID);
    queue.now += DURATIONS.eventTicketTtlMs;
    expect(await refusalOf(agent, ticket)).toMatchObject(INVALID);
  });

  it("opens nothing once its key is revoked, or may read no jobs any more", async () => {
    const { queue, owner, agent } = await openBox();
    for (const change of ["is_active = 0", "permissions = 'jobs:submit'"]) {
      const key = await newKey(queue, owner, ROLES.viewer);
      const ticket = await ticketFor(agent, authOf(key));
      const update = `UPDATE api_keys SET ${change} WHERE id = ?`;
      await queue.ctx.db.$client.prepare(update).bind(key.id).run();
      expect(await refusalOf(agent, ticket), change).toMatchObject(INVALID);
    }
  });

  it("is made for a server that is there, by a key that may read jobs", async () => {
    const { queue, owner } = await openBox();
    const make = (as: Readonly<Record<string, string>>) =>
      queue.call("POST", "/api/v1/events/tickets", { as, json: { server_alias: "nowhere" } });
    expect((await make(owner.auth)).body).toMatchObject({ code: "unknown_server", status: 400 });
    const key = await newKey(queue, owner, ["jobs:submit"]);
    expect((await make(authOf(key))).body).toMatchObject({ code: "forbidden" });
  });

  it("is no way around a refusal: who shows a bad one is not asked for anything else", async () => {
    const { queue, owner, agent } = await openBox();
    const path = `/api/v1/events?server=${agent.alias}&ticket=nonsense`;
    const { body } = await queue.call("GET", path, { as: owner.auth });
    expect(body).toMatchObject(INVALID);
  });
});
