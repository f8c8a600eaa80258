import { HEADERS, ImageMime, LeaseProof, Sha256Hex } from "@mobilesd/contract";
import type { Context as HonoContext, Hono } from "hono";
import { toHex } from "../../domain/hex.ts";
import { hello } from "../../services/agents/hello.ts";
import { putCatalogue } from "../../services/agents/put-catalogue.ts";
import { AppError, fieldError } from "../../services/app-error.ts";
import { findAgentUpload } from "../../services/images/open-upload.ts";
import { readObject } from "../../services/images/read-object.ts";
import { type IncomingImage, storeResult } from "../../services/images/store-result.ts";
import { claimJob } from "../../services/leases/claim.ts";
import { completeJob } from "../../services/leases/complete.ts";
import { failJob, releaseJob } from "../../services/leases/end-run.ts";
import { heartbeat } from "../../services/leases/heartbeat.ts";
import { startJob } from "../../services/leases/start.ts";
import { requireServersJob } from "../../services/require-lease.ts";
import { type Call, type HttpEnv, mount } from "../mount.ts";
import { readRaw, toDetails } from "../read-body.ts";

const sessionOf = (c: HonoContext<HttpEnv>) => c.req.header(HEADERS.session) ?? null;

async function sha256OfText(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return toHex(digest);
}

/** The lease proof of a raw upload stands in its headers. */
function proofOf(c: HonoContext<HttpEnv>): LeaseProof {
  const parsed = LeaseProof.safeParse({
    epoch: Number(c.req.header(HEADERS.epoch) ?? Number.NaN),
    lease_token: c.req.header(HEADERS.leaseToken),
  });
  if (!parsed.success) throw new AppError("invalid_request", toDetails(parsed.error, "headers"));
  return parsed.data;
}

/** Previews are served as WebP whatever the picture is, so they must be one. */
const MIMES = { image: ImageMime, preview: ImageMime.extract(["image/webp"]) };

function incomingImage(c: HonoContext<HttpEnv>, kind: "image" | "preview"): IncomingImage {
  const mime = MIMES[kind].safeParse(c.req.header("content-type"));
  if (!mime.success) {
    throw fieldError("unsupported_media_type", "Content-Type", "not a picture that can be stored", {
      choices: [...MIMES[kind].options],
    });
  }
  const sha256 = Sha256Hex.safeParse(c.req.header(HEADERS.sha256));
  if (!sha256.success) {
    throw fieldError("invalid_request", HEADERS.sha256, "64 lower-case hexadecimal digits");
  }
  return { ...readRaw(c.req.raw), mime: mime.data, sha256: sha256.data };
}

function storeFrom(kind: "image" | "preview") {
  return async ({ ctx, params, c }: Call<"putImage"> | Call<"putPreview">) => {
    const target = { jobId: params.id, index: params.index, kind };
    const read = async () => ({ proof: proofOf(c), image: incomingImage(c, kind) });
    const { proof, image } = await read().catch(async (error) => {
      await requireServersJob(ctx, params.id);
      throw error;
    });
    return storeResult(ctx, target, { ...proof, sessionId: sessionOf(c) }, image);
  };
}

export function mountAgent(app: Hono<HttpEnv>): void {
  mount(app, "hello", ({ ctx, body }) => hello(ctx, body));
  mount(app, "putCatalogue", async ({ ctx, body, bodyText, c }) => {
    const json = { text: bodyText, sha256: await sha256OfText(bodyText) };
    await putCatalogue(ctx, body, json, sessionOf(c));
    return undefined;
  });
  mount(app, "claimJob", ({ ctx, body, c }) => claimJob(ctx, body, sessionOf(c)));
  const exists = ({ ctx, params }: Pick<Call<"startJob">, "ctx" | "params">) =>
    requireServersJob(ctx, params.id);
  mount(
    app,
    "startJob",
    ({ ctx, params, body, c }) => startJob(ctx, params.id, body, sessionOf(c)),
    { exists },
  );
  mount(
    app,
    "heartbeat",
    ({ ctx, params, body, c }) => heartbeat(ctx, params.id, body, sessionOf(c)),
    { exists },
  );
  mount(app, "failJob", ({ ctx, params, body, c }) => failJob(ctx, params.id, body, sessionOf(c)), {
    exists,
  });
  mount(
    app,
    "releaseJob",
    ({ ctx, params, body, c }) => releaseJob(ctx, params.id, body, sessionOf(c)),
    { exists },
  );
  mount(
    app,
    "completeJob",
    ({ ctx, params, body, c }) => completeJob(ctx, params.id, body, sessionOf(c)),
    { exists },
  );
  mount(app, "putImage", storeFrom("image"), { exists });
  mount(app, "putPreview", storeFrom("preview"), { exists });
  mount(app, "getAgentUpload", async ({ ctx, params, c }) => {
    const upload = await findAgentUpload(ctx, params.id, sessionOf(c));
    const conditions = { range: null, ifRange: null, ifNoneMatch: null };
    const { status, headers, body } = await readObject(ctx, upload.key, conditions);
    return new Response(body, { status, headers: { ...headers, "Content-Type": upload.mime } });
  });
}
