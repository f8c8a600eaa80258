/** Milliseconds that a Forge on this very machine may take to answer whether it is there. */
const PROBE_TIMEOUT_MS = 2_000;

export type ForgeChoice =
  | { readonly type: "set"; readonly url: string }
  | { readonly type: "found"; readonly url: string }
  | { readonly type: "demo" };

async function statusOf(url: string): Promise<number | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    await response.body?.cancel();
    return response.status;
  } catch {
    // Refused, silent or not HTTP: nothing is there that could be a Forge.
    return null;
  }
}

/**
 * Whether a Forge answers there: it has `/internal/ping`, or, while it still starts, nothing but 404.
 * Other programs that like the same port have a page of their own.
 */
async function isForge(url: string): Promise<boolean> {
  const ping = await statusOf(`${url}/internal/ping`);
  if (ping === null) return false;
  return ping === 200 || (await statusOf(`${url}/`)) === 404;
}

/** Decides once a start which Forge is used: the one that was set, else one on this machine, else the demo. */
export async function chooseForge(forgeUrl: string | null, usualUrl: string): Promise<ForgeChoice> {
  if (forgeUrl !== null) return { type: "set", url: forgeUrl };
  return (await isForge(usualUrl)) ? { type: "found", url: usualUrl } : { type: "demo" };
}
