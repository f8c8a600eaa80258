import { refreshHashes } from "../session.ts";
import { type ExchangeOptions, exchange, type Group } from "./case.ts";

const HASHED: ExchangeOptions = { isHashRecorded: true };

/** Requests that name a hash must know it. */
const WITH_HASHES: ExchangeOptions = { ...HASHED, prepare: refreshHashes };

/** What a file's first load changes: hashes, and titles that hold them. */
export const FIRST_LOAD: Group = {
  name: "hashing: the first load",
  needs: ["page", "hashing", "fresh", "neverHashed"],
  cases: [
    exchange("hashing/sd-models-before-first-load", HASHED),
    exchange("hashing/txt2img-first", HASHED),
    exchange("hashing/sd-models-after-first-load", WITH_HASHES),
  ],
};

/** The names that a hashed file goes by. */
export const HASHES: Group = {
  name: "hashing",
  needs: ["page", "hashing", "model", "other"],
  cases: [
    exchange("hashing/checkpoint-other", WITH_HASHES),
    exchange("hashing/sd-models-after-override", WITH_HASHES),
    ...["hash", "sha256", "title", "old-title", "basename-hash"].map((kind) =>
      exchange(`hashing/checkpoint-${kind}`, WITH_HASHES),
    ),
    exchange("hashing/options", { ...WITH_HASHES, isPart: true }),
    exchange("hashing/sd-modules", HASHED),
  ],
};

/** LoRAs and embeddings in the infotext of a Forge that hashes. */
export const LORA_HASHES: Group = {
  name: "hashing: LoRA",
  needs: ["page", "hashing", "model", "lora", "embedding"],
  cases: [exchange("hashing/lora", WITH_HASHES)],
};

/** The flags, which are told where no port was given. */
export const FLAGS_WITHOUT_PORT: Group = {
  name: "hashing: flags without --port",
  needs: ["page", "noPort"],
  cases: [exchange("hashing/cmd-flags-no-port", HASHED)],
};
