import { HttpDetail } from "./errors.ts";

const CHALLENGE = { "www-authenticate": "Basic" };

/** Reads `user:pass[,user2:pass2]` as --api-auth takes it. Throws when a pair is not one. */
export function parseLogins(text: string): Map<string, string> {
  const pairs = text.split(",").map((pair) => pair.split(":"));
  if (pairs.some((pair) => pair.length !== 2)) throw new Error("--api-auth needs user:password");
  return new Map(pairs.map(([user = "", password = ""]) => [user, password]));
}

/** Throws HttpDetail 401, in Forge's three wordings, unless the header holds one of the logins. */
export function checkLogin(logins: Map<string, string>, header: string | undefined): void {
  const [scheme = "", credentials = ""] = (header ?? "").split(" ");
  if (scheme.toLowerCase() !== "basic" || credentials === "") {
    throw new HttpDetail(401, "Not authenticated", CHALLENGE);
  }
  const text = Buffer.from(credentials, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (!/^[A-Za-z0-9+/]+=*$/.test(credentials) || colon < 0) {
    throw new HttpDetail(401, "Invalid authentication credentials", CHALLENGE);
  }
  if (logins.get(text.slice(0, colon)) !== text.slice(colon + 1)) {
    throw new HttpDetail(401, "Incorrect username or password", CHALLENGE);
  }
}
