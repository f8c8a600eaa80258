import { describe, expect, it } from "vitest";
import { loadExchange } from "../recording.ts";
import { diffAnswers } from "./answer.ts";
import { isObject } from "./difference.ts";

/** Holds the answer of a Forge that hashes to the recording of one that does not. */
async function diffHashing(change: (info: string) => string = (info) => info): Promise<string[]> {
  const bare = loadExchange("generate/steps_1");
  const { response } = loadExchange("hashing/txt2img-first");
  const body = isObject(response.body) ? response.body : {};
  const fresh = { ...response, body: { ...body, info: change(String(body.info)) } };
  return diffAnswers(bare.response, fresh, {
    request: bare.request,
    rename: (text) => text,
    hashes: "fresh only",
    isPart: false,
  });
}

describe("a Forge that hashes", () => {
  it("is held to recordings without hashes, its own hashes being left out", async () => {
    expect(await diffHashing()).toEqual([]);
  });

  it("is another one when the hash of the model is missing or in another place", async () => {
    const without = await diffHashing((info) => info.replace('"e232e51d0c"', "null"));
    expect(without.join()).toContain("info.sd_model_hash: is no hash");
    const moved = await diffHashing((info) =>
      info.replace(
        "Model hash: e232e51d0c, Model: plain_sd15",
        "Model: plain_sd15, Model hash: e232e51d0c",
      ),
    );
    expect(moved.join()).toContain("infotexts[0]: has no Model hash before the Model");
  });
});
