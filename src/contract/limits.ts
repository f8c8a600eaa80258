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
  /** Pixels of a side: below it models give noise. */
  sidePixelsMin: 64,
  /** Above it no hobby GPU follows. */
  sidePixelsMax: 4096,
  /** Latents are an eighth of the picture, so Forge floors other sides silently. */
  sidePixelsMultiple: 8,
  /** What Forge's page offers. */
  stepsMax: 150,
  /** Pictures in one pass: twice what Forge's page offers, for large cards. */
  batchSizeMax: 16,
  /** Passes of one job: more would hold up everybody behind it for longer than they expect. */
  iterationsMax: 16,
  /** Pictures of one job altogether: what one answer of Forge can carry within the agent's answer limit. */
  imagesPerJobMax: 64,
  /** Far beyond what Forge's page offers (30), and still finite. */
  cfgScaleMax: 100,
  /** Forge takes any integer, but torch seeds with 32 bits of it. */
  seedMax: 4_294_967_295,
  /** Styles of one job: they are all put into one prompt. */
  stylesMax: 16,
  /** A VAE and three text encoders, twice over. */
  modulesMax: 8,
  /** What Forge's page offers. */
  hiresScaleMax: 4,
  /** Positions of one script: the largest third-party ones have some 300. */
  scriptArgsMax: 512,
  /** Characters of an argument's label: some third-party ones are whole sentences. */
  argLabelCharsMax: 500,
  /** Always-on scripts of one job: twice what a Forge with many extensions has. */
  alwaysonScriptsMax: 32,
  /** LoRAs that one prompt calls: each is looked up by name, and more than a few spoil a picture. */
  lorasMax: 32,
  /** Characters of all parameters of a job as JSON: a list shows two hundred jobs, and the Worker has 128 MB. */
  paramsCharsMax: 200_000,
  /** Input pictures of one job: init image, mask, and those of ten ControlNet units. */
  uploadsPerJobMax: 32,
  /** Tags of one job: as many as fit a line of a phone's screen, twice over. */
  tagsMax: 16,
  /** Characters of a tag: a few words. */
  tagCharsMax: 64,
  /** Characters of a job's or an owner's name: a line. */
  nameCharsMax: 200,
  /** Characters that tell which program sent a job. */
  sourceInfoCharsMax: 200,
  /** Characters of a server's name: it stands in URLs and file names. */
  aliasCharsMax: 64,
  /** Characters of a group's name: a UUID and a prefix. */
  groupIdCharsMax: 64,
  /** Characters of an `Idempotency-Key`: what other interfaces of this kind take. */
  idempotencyKeyCharsMax: 255,
  /** The priority that runs first. */
  priorityFirst: 1,
  /** The priority that runs last: ten are as many as anybody tells apart. */
  priorityLast: 10,
  /** In the middle, so that there is room before and behind. */
  priorityDefault: 5,
  /** Bytes of an input picture: a photo of a good camera. */
  uploadBytesMax: 20_000_000,
  /** Pixels of an input picture: decoded it must fit the box's memory some ten times over. */
  uploadPixelsMax: 16_000_000,
  /** Bytes at the start of a picture in which its size must stand; JPEGs carry EXIF and ICC before it. */
  uploadHeaderBytesMax: 262_144,
  /** Bytes of one result: a lossless 4096² PNG stays below; Cloudflare's own body limit is 100 MB. */
  imageBytesMax: 95_000_000,
  /** Bytes of a preview: many times what a WebP of its size needs. */
  previewBytesMax: 2_000_000,
  /** Pixels of a preview's longer side: as wide as a phone shows it. */
  previewSidePixels: 512,
  /** Characters of a result's infotext: what an infotext may have on its way in, it has on its way out. */
  infotextStoredCharsMax: 131_072,
  /** Bytes of a catalogue: twenty thousand names of LoRAs, each some 200 characters long. */
  catalogueBytesMax: 5_000_000,
  /** Names of one kind in a catalogue; a collection of LoRAs can be large. */
  catalogueNamesMax: 20_000,
  /** Jobs of a page of the list: some screens of a phone. */
  listLimitDefault: 50,
  /** More would be a body of megabytes, with prompts and infotexts. */
  listLimitMax: 200,
  /** A list's `total` is counted exactly up to here, so that no page costs more as history grows. */
  listTotalMax: 1_000,
  /** A position is exact up to here; the same bound holds for the rows an estimate reads. */
  positionMax: 100,
  /** Runs of one job that may fail: the third time it is not the moment's fault. */
  attemptsMax: 3,
  /** Runs cut short by nobody's fault: an evening of restarts, but not for ever. */
  interruptionsMax: 10,
  /** Forge dying or hanging during the same job this often makes the job poison. */
  forgeDeathsMax: 2,
  /** Characters of a sentence about what went wrong: it is read on a phone. */
  errorMessageCharsMax: 2_000,
  /** Characters of a field's name; longer ones, in a script's title, are cut. */
  fieldCharsMax: 200,
  /** Warnings of one job: one for each kind of thing that can be lost, and some to spare. */
  warningsMax: 32,
  /** Names offered for one that is not there: more is not read. */
  nearestMatchesMax: 5,
  /** Characters of a key's name: what its owner calls the device. */
  keyNameCharsMax: 100,
  /** Pixels of a live preview's longer side: sharp on half a phone, light on its network. */
  livePreviewSidePixels: 384,
  /** Characters of a live preview in base64: some 60 kB, three times what a WebP of its size needs. */
  livePreviewCharsMax: 80_000,
  /** Characters of a message on a socket: a live preview and what stands around it. */
  socketMessageCharsMax: 100_000,
  /** Characters of an event's id: the life of a hub and a number. */
  eventIdCharsMax: 100,
  /** Events that a hub remembers for those who come back: some minutes of a busy queue. */
  eventsKeptMax: 256,
  /** Jobs whose pictures are on their way at a time, beside the one in Forge and the one that waits there. */
  deliveriesMax: 4,
  /** Watchers of one server: a studio with all its screens, and a bound for one hub's work. */
  watchersMax: 200,
  /** Watchers of one server with the same owner's keys: they leave room for everybody else's. */
  watchersPerOwnerMax: 50,
} as const;

/** Durations in milliseconds. Each is a setting of the Worker, handed to the agent by `hello`. */
export const DURATIONS = {
  /** How long a claim holds without a heartbeat: four lost heartbeats and a slow network. */
  leaseTtlMs: 90_000,
  /** Without a socket heartbeats carry a cancel to the agent, which must hear of it within 5 s; with one they only renew. */
  heartbeatIntervalMs: 4_000,
  /** A lease is only written again when this much of it is gone: one D1 write per 30 s and job. */
  leaseRenewAfterMs: 30_000,
  /** After expiry an assigned job waits this long for its agent before it is given back. */
  leaseGraceMs: 30_000,
  /** How long a job that its server was running waits for that server to come back. */
  offlineDeadlineMs: 7 * 86_400_000,
  /** Silence after a cancel, until it is forced. */
  cancelGraceMs: 15_000,
  /** Backoff between attempts: uniform in [0, min(max, base·2^n)]. A Forge restarts in some ten seconds. */
  retryBaseMs: 10_000,
  /** The longest of them: a box that is out of order is asked again every ten minutes. */
  retryMaxMs: 600_000,
  /** The agent asks for work this often while there was work lately: who tries things out waits for it. */
  claimPollBusyMs: 1_000,
  /** And this often when idle: 5,760 requests a day, a small part of what the free plan carries. */
  claimPollIdleMs: 15_000,
  /** "Lately", for the two above. */
  claimPollBusyForMs: 60_000,
  /** A model load on a slow disk takes minutes; longer is a hang. */
  modelLoadLimitMs: 600_000,
  /** No step finished for this long while sampling, at least; or eight times a usual step. */
  stepStallLimitMs: 120_000,
  /** Forge encodes and sends its pictures after the generation; 64 large ones take minutes. */
  answerLimitMs: 600_000,
  /** How long an interrupted generation has to end by itself: one step and a decode. */
  interruptLimitMs: 60_000,
  /** How often the agent reads Forge's progress while somebody watches or the end is near: twice a second costs Forge nothing that can be measured. */
  forgePollMs: 500,
  /** And while nobody does: often enough to see a hang, and the end before it comes. */
  forgePollUnwatchedMs: 2_000,
  /** How often the hub hears of a run that nobody watches: a status then tells no older progress. */
  progressUnwatchedMs: 5_000,
  /** How often a growing picture is sent: faster than that nobody sees the difference. */
  livePreviewEveryMs: 1_000,
  /** The agent shows on its socket that it is there this often: a router forgets an idle line after a minute or so. */
  hubPingMs: 20_000,
  /** No answer within this, and the line is dead: found within 45 s of its death, together with the line above. */
  hubPongLimitMs: 20_000,
  /** The hub takes an agent for gone that was silent for this long: two pings and a slow network. */
  agentSilentAfterMs: 45_000,
  /** What a hub does not answer within this is done without it: no status waits for one. */
  hubAnswerLimitMs: 2_000,
  /** With a socket an idle agent asks for work this often all the same: should every hint have been lost. */
  claimBackstopMs: 3_600_000,
  /** A lost socket is opened again within this, at a moment left to chance: all agents lose theirs at a deploy. */
  reconnectSpreadMs: 5_000,
  /** The longest wait between two tries to open a socket, where a network lets none through. */
  reconnectMaxMs: 600_000,
  /** A socket that stood this long was a good one: the next loss begins with the shortest wait. */
  socketStableMs: 30_000,
  /** A job that could be claimed for this long has its hub rung again by the sweep. */
  ringAgainAfterMs: 30_000,
  /** The next job is taken this long before the running one should end: time to fetch its pictures. */
  prefetchLeadMs: 20_000,
  /** A job that was taken early and has not begun by then goes back to the line. */
  prefetchReturnMs: 60_000,
  /** The next job is handed to Forge this long before the running one should end: it cannot be taken back. */
  prePostLeadMs: 1_500,
  /** A ticket for a socket is opened by the page that asked for it at once. */
  eventTicketTtlMs: 60_000,
  /** A watcher shows on its socket that it is there at least this often; after three times this it is gone. */
  watcherPingMs: 30_000,
  /** Who holds a socket connects anew after this, so that a revoked key's ends. */
  watcherSocketTtlMs: 3_600_000,
  /** A silent event stream says something this often: what stands between closes idle ones. */
  eventStreamIdleMs: 15_000,
  /** An idle agent reads Forge's lists again this often, to see new models and their hashes. */
  catalogueRefreshMs: 300_000,
  /** A graceful stop waits this long for the running job. */
  drainLimitMs: 180_000,
  /** That a server's agent came is noted by `hello`, and by a claim this often: a write every other minute. */
  serverSeenResolutionMs: 120_000,
  /** Unseen for this long a server is absent: the line above, an idle poll, a lease, and a slow network. */
  serverAbsentAfterMs: 300_000,
  /** A phone that was away for a week may still ask what became of its submit. */
  idempotencyTtlMs: 7 * 86_400_000,
  /** An upload that no job names within a day is forgotten. */
  unusedUploadTtlMs: 86_400_000,
  /** Time to walk to the other device and type a code. */
  pairingCodeTtlMs: 600_000,
  /** A page stays signed in for a season. */
  pageSessionTtlMs: 90 * 86_400_000,
  /** A key that was just checked is believed for this long: a revoked one ends within it. */
  authCacheTtlMs: 10_000,
  /** `last_used` of a key is only written when it is older than this. */
  lastUsedResolutionMs: 3_600_000,
} as const satisfies Record<`${string}Ms`, number>;

export type Durations = { readonly [K in keyof typeof DURATIONS]: number };
