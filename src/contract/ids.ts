import * as z from "zod";
import { LIMITS } from "./limits.ts";

/** Prefixes of ids, so that a stray id tells what it names. Jobs carry plain UUIDs: they are on the wire already. */
export const ID_PREFIX = {
  owner: "own_",
  apiKey: "key_",
  upload: "upl_",
  session: "ses_",
} as const;

/** RFC 9562 version 4, in either case; compared in lower case. */
export const JobId = z.uuidv4().transform((id) => id.toLowerCase());

export const UploadId = z.string().regex(/^upl_[0-9A-Za-z]{22}$/, "not an upload id");

/** The name of a GPU box in the queue: it stands in URLs and file names. */
export const ServerAlias = z
  .string()
  .min(1)
  .max(LIMITS.aliasCharsMax)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "letters, digits, dot, dash and underscore only");

export const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits");

/** `<job uuid>_<00001>.<ext>`; the number counts from 1. */
export const ImageName = z
  .string()
  .regex(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}_\d{5}\.(png|jpg|webp)$/,
    "not the name of a picture",
  );
