import { type Client, type ClientResponse, createClient } from "@mobilesd/contract";

/** Milliseconds after which an answer is given up: a phone that lost its network is not told so. */
const ANSWER_TIMEOUT_MS = 15_000;

/** The queue that served this page. The session is a cookie, which only the browser can read. */
export const api: Client<ClientResponse> = createClient(async ({ method, path, headers, body }) => {
  const response = await fetch(path, {
    method,
    headers,
    credentials: "same-origin",
    cache: "no-store",
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    ...(typeof body === "string" ? { body } : {}),
  });
  return {
    status: response.status,
    header: (name: string) => response.headers.get(name),
    json: () => response.json() as Promise<unknown>,
  };
});
