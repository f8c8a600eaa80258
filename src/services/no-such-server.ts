import { listServers } from "../storage/servers.ts";
import { type AppError, fieldError } from "./app-error.ts";
import type { Context } from "./context.ts";

/** The error for a server that is not there, at the field that named it: it lists those there are. */
export async function noSuchServer(
  ctx: Context,
  code: "unknown_server" | "not_found",
  field: string,
): Promise<AppError> {
  const choices = (await listServers(ctx.db)).map(({ alias }) => alias);
  return fieldError(code, field, "no server of this name", { choices });
}
