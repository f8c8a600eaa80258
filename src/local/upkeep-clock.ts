/** How often Cloudflare's cron sweeps, and how long after a start and then how often the clean-up runs here. */
const SWEEP_EVERY_MS = 60_000;
const PRUNE_FIRST_AFTER_MS = 300_000;
const PRUNE_EVERY_MS = 86_400_000;

/** The two crons of `wrangler.toml`. */
const SWEEP_CRON = "* * * * *";
const PRUNE_CRON = "17 3 * * *";

/**
 * Does what cron does in production. A machine that sleeps at night would miss the nightly hour, so the
 * clean-up comes some minutes after the start and once a day then. Answers what ends it.
 */
export function startUpkeepClock(
  run: (cron: string) => Promise<void>,
  onError: (error: unknown) => void,
  speed: number,
): () => void {
  let isSweeping = false;
  const sweep = async () => {
    if (isSweeping) return;
    isSweeping = true;
    await run(SWEEP_CRON)
      .catch(onError)
      .finally(() => {
        isSweeping = false;
      });
  };
  const prune = () => void run(PRUNE_CRON).catch(onError);
  const sweeping = setInterval(() => void sweep(), SWEEP_EVERY_MS / speed);
  const first = setTimeout(prune, PRUNE_FIRST_AFTER_MS);
  const pruning = setInterval(prune, PRUNE_EVERY_MS);
  return () => {
    clearInterval(sweeping);
    clearTimeout(first);
    clearInterval(pruning);
  };
}
