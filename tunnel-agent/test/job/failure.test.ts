import { describe, expect, it } from "vitest";
import { classifyError, isForgeNotUp, redact } from "../../src/job/failure.ts";

const error500 = (error: string, message: string) => ({
  status: 500,
  body: { error, detail: "", body: "", message },
});

describe("an error of Forge", () => {
  it.each([
    ["OutOfMemoryError", "CUDA out of memory. Tried to allocate 2 GiB", "resource", "oom"],
    ["RuntimeError", "DefaultCPUAllocator: can't allocate memory", "resource", "oom"],
    ["AssertionError", "You do not have VAE state dict!", "user", "invalid_job"],
    ["ValueError", "Failed to recognize model type!", "user", "invalid_job"],
    // Right after a start, before the scripts are there (forge-reference 8.1).
    ["IndexError", "list assignment index out of range", "infra", "forge_error"],
    ["AssertionError", "", "infra", "forge_error"],
  ])("%s with %j is %s: %s", (type, message, kind, reason) => {
    expect(classifyError(error500(type, message))).toMatchObject({ kind, reason });
  });

  it("in the older four-key form is understood as well", () => {
    const body = { error: "OutOfMemoryError", detail: "", body: "", errors: "CUDA out of memory" };
    expect(classifyError({ status: 500, body })).toMatchObject({ reason: "oom" });
  });

  it("of validation is told by place and message, never by the value that it repeats", () => {
    const input = "iVBORw0KGgo".repeat(1_000);
    const detail = [{ type: "list_type", loc: ["body", "init_images"], msg: "a list", input }];
    const found = classifyError({ status: 422, body: { detail } });
    expect(found).toMatchObject({ kind: "user", reason: "invalid_job" });
    expect(found.message).toBe("Forge refused the request: init_images: a list");
  });

  it("of a Forge that is only starting says nothing about the job", () => {
    expect(isForgeNotUp({ status: 404, body: { detail: "Not Found" } })).toBe(true);
    expect(isForgeNotUp({ status: 404, body: { detail: "Init image not found" } })).toBe(false);
  });

  it("of one key is told in Forge's words", () => {
    const found = classifyError({ status: 500, body: { detail: "Invalid encoded image" } });
    expect(found).toMatchObject({ kind: "user", reason: "invalid_job" });
  });
});

describe("Forge's words on their way out", () => {
  it.each([
    ["No such file: /home/anna/forge/models/x.safetensors", "No such file: …/x.safetensors"],
    ["'C:\\Users\\Anna\\forge\\x.ckpt' is broken", "'…/x.ckpt' is broken"],
    ["\\\\nas\\models\\x.ckpt", "…/x.ckpt"],
    ["C:\\Users\\John Smith\\forge\\x.ckpt is broken", "…/x.ckpt is broken"],
    ["[Errno 2] 'C:\\\\Users\\\\anna\\\\x.png'", "[Errno 2] '…/x.png'"],
    ["/mnt/My Drive/anna/x.ckpt", "…/x.ckpt"],
    ["file:///home/anna/x.png", "…/x.png"],
    ["cannot write to /home/anna", "cannot write to …"],
    ["cannot write to 'C:\\Users\\John Smith'", "cannot write to '…'"],
    ["see https://github.com/x/y and 3/4 of 1.0/2", "see https://github.com/x/y and 3/4 of 1.0/2"],
  ])("%s loses the host's folders", (text, safe) => {
    expect(redact(text)).toBe(safe);
  });

  it("lose whatever is long enough to be a picture", () => {
    expect(redact(`bad ${"A".repeat(5_000)}`)).toBe("bad …");
  });
});
