import { type Client, type ClientResponse, createClient } from "@mobilesd/contract";

export interface KeyPair {
  readonly key: string;
  readonly secret: string;
}

/** The contract's client from this machine; with a key, or as anyone. */
export function queueClient(url: string, pair?: KeyPair): Client<ClientResponse> {
  const credentials = pair && { "X-API-Key": pair.key, "X-API-Secret": pair.secret };
  return createClient(async ({ method, path, headers, body }) => {
    const response = await fetch(url + path, {
      method,
      headers: { ...headers, ...credentials },
      ...(typeof body === "string" ? { body } : {}),
    });
    return {
      status: response.status,
      header: (name: string) => response.headers.get(name),
      json: () => response.json() as Promise<unknown>,
    };
  });
}
