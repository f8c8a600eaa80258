import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ProblemError } from "@mobilesd/contract";
import { stringify } from "smol-toml";
import { createCloud, isPassing } from "./cloud/client.ts";
import { ConfigError, queueUrl } from "./config.ts";

/**
 * Trades a one-time code for a key of this box's own and writes it, readable only by the user, to the
 * settings file. Throws `ConfigError` when the code is refused or the file cannot be written.
 */
export async function pair(url: string, code: string, configPath: string): Promise<string> {
  const origin = queueUrl(url);
  const cloud = createCloud({
    url: origin,
    key: "",
    secret: "",
    sessionId: () => null,
    random: Math.random,
    onRetry: () => undefined,
  });
  const claimed = await cloud
    .once("claimPairing", { body: { code, for: "agent" } })
    .catch((error: unknown) => {
      if (error instanceof ProblemError) throw new ConfigError(error.message);
      if (!isPassing(error)) throw error;
      throw new ConfigError(`${origin}: ${(error as Error).message}`);
    });
  if (claimed.for !== "agent") {
    throw new ConfigError("This code signs a page in; make one for an agent");
  }
  const { key, secret, server_alias } = claimed.key;
  try {
    mkdirSync(dirname(configPath), { recursive: true, mode: 0o700 });
    writeFileSync(configPath, stringify({ url: origin, key, secret }), { mode: 0o600, flag: "wx" });
  } catch (error) {
    const { code: reason } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${configPath} cannot be written (${reason}); the code is used up now`);
  }
  return server_alias ?? "";
}
