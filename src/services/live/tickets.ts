import type { CreateEventTicket, EventTicket } from "@mobilesd/contract";
import { randomBase62 } from "../../domain/credentials.ts";
import { type EventTicketFacts, readTicket, writeTicket } from "../../domain/ticket.ts";
import { toTimestamp } from "../../storage/database.ts";
import { findServer } from "../../storage/servers.ts";
import { AppError, fieldError } from "../app-error.ts";
import type { ActorContext, Context } from "../context.ts";

/** Characters of chance in a ticket: more than a minute's guessing could find. */
const ID_CHARS = 22;

/** Makes a ticket that opens the events of a server once, as the key of the caller would. */
export async function createEventTicket(
  ctx: ActorContext,
  input: CreateEventTicket,
): Promise<EventTicket> {
  const alias = input.server_alias;
  if (!(await findServer(ctx.db, alias))) {
    throw fieldError("unknown_server", "server_alias", "no server of that name");
  }
  const expiresAt = ctx.clock() + ctx.settings.durations.eventTicketTtlMs;
  const id = randomBase62(ID_CHARS, ctx.randomBytes);
  const facts = { id, keyId: ctx.actor.keyId, alias, expiresAt };
  const ticket = writeTicket(facts, ctx.settings.urlSigningKey);
  const origin = ctx.origin.replace(/^http/, "ws");
  return {
    ticket,
    url: `${origin}/api/v1/events?server=${alias}&ticket=${ticket}`,
    expires_at: toTimestamp(expiresAt),
  };
}

/** What a ticket for a server says; throws `ticket_invalid` when it is none, expired, or for another. */
export function openTicket(ctx: Context, ticket: string, alias: string): EventTicketFacts {
  const facts = readTicket(ticket, alias, ctx.clock(), ctx.settings.urlSigningKey);
  if (!facts) throw new AppError("ticket_invalid");
  return facts;
}
