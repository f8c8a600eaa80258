/** What a group of cases needs of a Forge, each in the words of the report. */
export const NEEDS = {
  page: "a Forge with --api and its page, so without --nowebui",
  noApi: "a Forge started without --api",
  noPage: "a Forge started with --nowebui",
  login: "a Forge started with --api-auth user:password, and --auth user:password here",
  port: "a Forge started with --port",
  noPort: "a Forge started without --port",
  hashing: "a Forge started without --no-hashing",
  fresh: "a Forge that has run no job since its start",
  neverHashed: "two checkpoints whose files this Forge has never hashed (none in its cache folder)",
  model: "a selected checkpoint that runs without further modules (choose one with --checkpoint)",
  other: "a second checkpoint that runs without further modules",
  otherInFolder: "a second checkpoint that lies in a folder below the one for checkpoints",
  lora: "a LoRA that changes what the selected checkpoint draws",
  embedding: "an embedding that fits the selected checkpoint",
  styles: "two prompt styles of plain words, one of them around {prompt} and with a negative one",
  unstoredOption: "an option that its config.json does not hold (all that were tried are stored)",
} as const;

/** One need. */
export type Need = keyof typeof NEEDS;
