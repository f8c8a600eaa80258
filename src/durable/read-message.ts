import { AgentMessage, LIMITS } from "@mobilesd/contract";

/** What a text on a socket is: a message, one of another version of this interface, or none at all. */
export type ReadMessage = { readonly message: AgentMessage } | "unknown" | "unreadable";

/** Reads what came over a socket. What an agent of another version says is no reason to hang up on it. */
export function readMessage(data: string | ArrayBuffer): ReadMessage {
  if (typeof data !== "string" || data.length > LIMITS.socketMessageCharsMax) return "unreadable";
  try {
    const parsed = AgentMessage.safeParse(JSON.parse(data));
    return parsed.success ? { message: parsed.data } : "unknown";
  } catch (error) {
    if (error instanceof SyntaxError) return "unreadable";
    throw error;
  }
}
