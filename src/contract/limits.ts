/**
 * Every number that two programs must agree on, with its unit and its reason.
 * Sizes are fixed; durations are settings, so that tests run the same code with all of them divided.
 */
export const LIMITS = {
  /** Bytes of a JSON body: a prompt, a script's arguments and room to spare; pictures travel as uploads. */
  jsonBodyBytesMax: 1_000_000,
  /** Levels of nesting in a JSON body: deeper than any real request, far below what a parser's stack bears. */
  jsonDepthMax: 16,
  /** Characters of a prompt (UTF-16 units): longer than any model reads, short enough for a row. */
  promptCharsMax: 32_768,
  /** Characters of an infotext: two prompts and the line of parameters. */
  infotextCharsMax: 131_072,
  /** Characters of a name that Forge knows (checkpoint, sampler, style …): a long path in a models folder. */
  forgeNameCharsMax: 512,
  /** Pixels of a side: below it models give noise; above it no hobby GPU follows. */
  sidePixelsMin: 64,
  sidePixelsMax: 4096,
  /** Latents are an eighth of the picture, so Forge floors other sides silently. */
  sidePixelsMultiple: 8,
  stepsMax: 150,
  /** Pictures in one pass, and passes in one job. */
  batchSizeMax: 16,
  iterationsMax: 16,
  /** Pictures of one job altogether: what one answer of Forge can carry within the agent's answer limit. */
  imagesPerJobMax: 64,
  cfgScaleMax: 100,
  /** Forge takes any integer, but torch seeds with 32 bits of it. */
  seedMax: 4_294_967_295,
  stylesMax: 16,
  /** A VAE and three text encoders, twice over. */
  modulesMax: 8,
  /** What Forge's page offers. */
  hiresScaleMax: 4,
  /** Positions of one script: the largest third-party ones have some 300. */
  scriptArgsMax: 512,
  argLabelCharsMax: 500,
  alwaysonScriptsMax: 32,
  /** LoRAs that one prompt calls: each is looked up by name, and more than a few spoil a picture. */
  lorasMax: 32,
  /** Input pictures of one job: init image, mask, and those of ten ControlNet units. */
  uploadsPerJobMax: 32,
  tagsMax: 16,
  tagCharsMax: 64,
  nameCharsMax: 200,
  sourceInfoCharsMax: 200,
  aliasCharsMax: 64,
  groupIdCharsMax: 64,
  idempotencyKeyCharsMax: 255,
  priorityFirst: 1,
  priorityLast: 10,
  priorityDefault: 5,
  /** Bytes of an input picture, and its pixels: decoded it must fit the box's memory some ten times over. */
  uploadBytesMax: 20_000_000,
  uploadPixelsMax: 16_000_000,
  /** Bytes at the start of a picture in which its size must stand; JPEGs carry EXIF and ICC before it. */
  uploadHeaderBytesMax: 262_144,
  /** Bytes of one result: a lossless 4096² PNG stays below; Cloudflare's own body limit is 100 MB. */
  imageBytesMax: 95_000_000,
  previewBytesMax: 2_000_000,
  previewSidePixels: 512,
  infotextStoredCharsMax: 131_072,
  catalogueBytesMax: 5_000_000,
  /** Names of one kind in a catalogue; a collection of LoRAs can be large. */
  catalogueNamesMax: 20_000,
  listLimitDefault: 50,
  listLimitMax: 200,
  /** A list's `total` is counted exactly up to here, so that no page costs more as history grows. */
  listTotalMax: 1_000,
  /** A position is exact up to here; the same bound holds for the rows an estimate reads. */
  positionMax: 100,
  attemptsMax: 3,
  interruptionsMax: 10,
  /** Forge dying or hanging during the same job this often makes the job poison. */
  forgeDeathsMax: 2,
  errorMessageCharsMax: 2_000,
  fieldCharsMax: 200,
  /** Warnings of one job: one for each kind of thing that can be lost, and some to spare. */
  warningsMax: 32,
  nearestMatchesMax: 5,
  keyNameCharsMax: 100,
} as const;

/** Durations in milliseconds. Each is a setting of the Worker, handed to the agent by `hello`. */
export const DURATIONS = {
  /** How long a claim holds without a heartbeat: four lost heartbeats and a slow network. */
  leaseTtlMs: 90_000,
  /** Heartbeats carry a cancel to the agent, and a cancel must reach it within 5 s. */
  heartbeatIntervalMs: 4_000,
  /** A lease is only written again when this much of it is gone: one D1 write per 30 s and job. */
  leaseRenewAfterMs: 30_000,
  /** After expiry an assigned job waits this long for its agent before it is given back. */
  leaseGraceMs: 30_000,
  /** How long a job that its server was running waits for that server to come back. */
  offlineDeadlineMs: 7 * 86_400_000,
  /** Silence after a cancel, until it is forced. */
  cancelGraceMs: 15_000,
  /** Backoff between attempts: uniform in [0, min(max, base·2^n)]. */
  retryBaseMs: 10_000,
  retryMaxMs: 600_000,
  /** The agent asks for work this often while there was work lately, and this often when idle. */
  claimPollBusyMs: 1_000,
  claimPollIdleMs: 15_000,
  /** "Lately", for the line above. */
  claimPollBusyForMs: 60_000,
  /** A model load on a slow disk takes minutes; longer is a hang. */
  modelLoadLimitMs: 600_000,
  /** No step finished for this long while sampling, at least; or eight times a usual step. */
  stepStallLimitMs: 120_000,
  /** Forge encodes and sends its pictures after the generation; 64 large ones take minutes. */
  answerLimitMs: 600_000,
  /** How long an interrupted generation has to end by itself: one step and a decode. */
  interruptLimitMs: 60_000,
  /** How often the agent reads Forge's progress: twice a second costs Forge nothing that can be measured. */
  forgePollMs: 500,
  /** An idle agent reads Forge's lists again this often, to see new models and their hashes. */
  catalogueRefreshMs: 300_000,
  /** A graceful stop waits this long for the running job. */
  drainLimitMs: 180_000,
  /** That a server's agent came is noted by `hello`, and by a claim this often: a write every other minute. */
  serverSeenResolutionMs: 120_000,
  /** Unseen for this long a server is absent: the line above, an idle poll, a lease, and a slow network. */
  serverAbsentAfterMs: 300_000,
  idempotencyTtlMs: 7 * 86_400_000,
  unusedUploadTtlMs: 86_400_000,
  pairingCodeTtlMs: 600_000,
  pageSessionTtlMs: 90 * 86_400_000,
  /** A key that was just checked is believed for this long: a revoked one ends within it. */
  authCacheTtlMs: 10_000,
  /** `last_used` of a key is only written when it is older than this. */
  lastUsedResolutionMs: 3_600_000,
} as const satisfies Record<`${string}Ms`, number>;

export type Durations = { readonly [K in keyof typeof DURATIONS]: number };
