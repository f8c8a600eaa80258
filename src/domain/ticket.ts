import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { isEqualDigest } from "./credentials.ts";

/** What a ticket for a server's events says: who asked for it, for which server, and until when it opens. */
export interface EventTicketFacts {
  readonly id: string;
  readonly keyId: string;
  readonly alias: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Tells these signatures from all others that are made with the same key. */
const PURPOSE = "event-ticket";

/** Parts stand between dots, and an alias may hold some: it comes last. */
const FORM =
  /^evt_([0-9A-Za-z]+)\.(key_[0-9A-Za-z]+)\.(\d{1,15})\.([0-9A-Za-z._-]+)\.([0-9a-f]{64})$/;

function sign(text: string, key: string): string {
  return bytesToHex(hmac(sha256, utf8ToBytes(key), utf8ToBytes(`${PURPOSE}\n${text}`)));
}

/** The ticket as a text that a URL can carry as it is. */
export function writeTicket(
  { id, keyId, alias, expiresAt }: EventTicketFacts,
  key: string,
): string {
  const text = `evt_${id}.${keyId}.${expiresAt}.${alias}`;
  return `${text}.${sign(text, key)}`;
}

/** What a ticket says, if it was made here, for this server, and is not over. */
export function readTicket(
  ticket: string,
  alias: string,
  now: number,
  key: string,
): EventTicketFacts | undefined {
  const [, id = "", keyId = "", expires = "", named = "", signature = ""] = FORM.exec(ticket) ?? [];
  const text = ticket.slice(0, -signature.length - 1);
  if (signature === "" || !isEqualDigest(signature, sign(text, key))) return undefined;
  if (named !== alias || Number(expires) <= now) return undefined;
  return { id, keyId, alias, expiresAt: Number(expires) };
}
