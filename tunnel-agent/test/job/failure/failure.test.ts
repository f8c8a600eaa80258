import { LIMITS } from "@mobilesd/contract";
import { describe, expect, it } from "vitest";
import { failure, redact } from "../../../src/job/failure/failure.ts";

describe("Forge's words on their way out", () => {
  it.each([
    ["No such file: /home/anna/forge/models/x.safetensors", "No such file: …/x.safetensors"],
    ["'C:\\Users\\Anna\\forge\\x.ckpt' is broken", "'…/x.ckpt' is broken"],
    ["\\\\nas\\models\\x.ckpt", "…/x.ckpt"],
    ["C:\\Users\\John Smith\\forge\\x.ckpt is broken", "…/x.ckpt is broken"],
    ["[Errno 2] 'C:\\\\Users\\\\anna\\\\x.png'", "[Errno 2] '…/x.png'"],
    ['[Errno 2] "C:\\\\Users\\\\O\'Brien\\\\sd\\\\x.png"', '[Errno 2] "…/x.png"'],
    ["/home/o'brien/sd/x.ckpt", "…/x.ckpt"],
    ["'/home/anna/a.ckpt' or '/home/anna/b.ckpt'", "'…/a.ckpt' or '…/b.ckpt'"],
    ["/mnt/My Drive/anna/x.ckpt", "…/x.ckpt"],
    ["file:///home/anna/x.png", "…/x.png"],
    ["file:/home/anna/models/x.ckpt", "file:…/x.ckpt"],
    ["Error:/home/anna/models/x.ckpt", "Error:…/x.ckpt"],
    ["cwd:/home/anna is gone", "cwd:… is gone"],
    ["see http://127.0.0.1:7860/docs/x", "see http://127.0.0.1:7860/docs/x"],
    ["cannot write to /home/anna", "cannot write to …"],
    ["cannot write to 'C:\\Users\\John Smith'", "cannot write to '…'"],
    ["see https://github.com/x/y and 3/4 of 1.0/2", "see https://github.com/x/y and 3/4 of 1.0/2"],
  ])("%s loses the host's folders", (text, safe) => {
    expect(redact(text)).toBe(safe);
  });

  it("lose whatever is long enough to be a picture", () => {
    expect(redact(`bad ${"A".repeat(5_000)}`)).toBe("bad …");
  });

  it("are redacted and cut to what can be stored, for the user and for the owner alike", () => {
    const words = `/home/anna/x ${"so ".repeat(2_000)}`;
    const found = failure("infra", "forge_error", words, { ownerMessage: words });
    for (const said of [found.message, found.owner_message]) {
      expect(said).toMatch(/^…\/x so/);
      expect(said).toHaveLength(LIMITS.errorMessageCharsMax);
    }
  });

  it("name no field and no owner where there is none", () => {
    expect(Object.keys(failure("user", "invalid_job", "x"))).toEqual(["kind", "reason", "message"]);
  });
});
