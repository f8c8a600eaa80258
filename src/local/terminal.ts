import { networkInterfaces } from "node:os";
import { styleText } from "node:util";
import QrCode from "qrcode";
import type { Sentence } from "./event-sentences.ts";

const TONES = { calm: "reset", good: "green", warning: "yellow", bad: "red" } as const;

const write = (text: string) => void process.stdout.write(`${text}\n`);

/** One line about what happens, with the time of day. */
export function tell({ text, tone }: Sentence): void {
  const time = new Date().toTimeString().slice(0, 8);
  write(`  ${styleText("dim", time)}  ${styleText(TONES[tone], text)}`);
}

/** This machine's address on the home network; null when it has none. */
export function findLanAddress(): string | null {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((entry) => entry.family === "IPv4" && !entry.internal)
    .map((entry) => entry.address);
  const isHome = (address: string) => /^(192\.168|10|172\.(1[6-9]|2\d|3[01]))\./.test(address);
  return addresses.find(isHome) ?? addresses[0] ?? null;
}

const label = (text: string) => styleText("dim", text.padEnd(9));

export interface Banner {
  readonly version: string;
  readonly address: string;
  readonly serverAlias: string;
  /** Which Forge, in words. */
  readonly forge: string;
  readonly stateDir: string;
}

/** Says once what runs and where. */
export function printBanner(banner: Banner): void {
  write("");
  write(`  ${styleText("bold", "MobileSD Queue")} ${banner.version}`);
  write("");
  write(`  ${label("Address")} ${styleText("cyan", banner.address)}`);
  write(`  ${label("Server")} ${banner.serverAlias}`);
  write(`  ${label("Forge")} ${banner.forge}`);
  write(`  ${label("Kept in")} ${banner.stateDir}  (owner.json has the key for scripts)`);
}

const EXTENSION_HINT = "or paste it in Forge, in the tab MobileSD Queue, to connect the extension";

/** Who can open a sign-in link beside this machine, in words; a QR code only where a phone can. */
export interface PhoneWords {
  readonly canReach: boolean;
  readonly hint: string;
}

/** Prints the sign-in link, and a QR code of it for a phone that can reach it. */
export async function printSignIn(link: string, hint: string, phone: PhoneWords): Promise<void> {
  write("");
  write(`  ${label("Sign in")} ${styleText("cyan", link)}`);
  write(`  ${label("")} ${styleText("dim", hint)}`);
  write(`  ${label("")} ${styleText("dim", EXTENSION_HINT)}`);
  write("");
  if (phone.canReach) await printQrCode(link);
  write(`  ${phone.hint}`);
}

async function printQrCode(link: string): Promise<void> {
  const type = process.stdout.isTTY ? "terminal" : "utf8";
  const qr = await QrCode.toString(link, { type, small: true });
  for (const line of qr.trimEnd().split("\n")) write(`    ${line}`);
}

export function printLine(text: string): void {
  write(`  ${text}`);
}
