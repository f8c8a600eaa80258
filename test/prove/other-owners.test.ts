import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PATIENT } from "../support/box/durations.ts";
import { type HandAgent, startHandAgent } from "../support/box/hand-agent.ts";
import { type KeyPair, newMember } from "../support/box/new-keys.ts";
import { ALIAS, clientOf, type Queue, SMALL_JOB, startQueue } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import { watchServer } from "../support/box/watcher.ts";

let queue: Queue;
let agent: HandAgent;

beforeAll(async () => {
  queue = await startQueue(PATIENT);
  agent = await startHandAgent(queue.worker.url, queue.agentKey);
});

afterAll(async () => {
  agent.stop();
  await queue.stop();
});

const WORDS = "a picture that only Berta may know of";

async function submitAs(key: KeyPair): Promise<string> {
  const body = {
    app_type: "forge" as const,
    target_server_alias: ALIAS,
    generation_params: { ...SMALL_JOB, positive_prompt: WORDS },
  };
  const answer = await clientOf(queue.worker.url, key).call("submitJob", { body });
  if (!("mobilesd_job_id" in answer)) throw new Error("Nothing was queued");
  return answer.mobilesd_job_id;
}

it.each(["awake", "asleep"])(
  "a watcher of another owner sees nothing of a job, whether the hub is %s",
  async (state) => {
    const nap = async () => {
      if (state === "asleep") await queue.worker.putHubToSleep(ALIAS);
    };
    const [berta, carl] = [await newMember(queue), await newMember(queue)];
    const watch = (key: KeyPair) => watchServer(queue.worker.url, key, ALIAS);
    const [hers, his, all] = [await watch(berta), await watch(carl), await watch(queue.ownerKey)];
    const id = await submitAs(berta);
    await nap();
    const run = await agent.begin();
    await nap();
    run.progress(50);
    const picture = sharp({ create: { width: 64, height: 64, channels: 3, background: "#468" } });
    await run.preview(await picture.webp().toBuffer());
    await nap();
    // Who comes in the middle is told what runs, if it is theirs.
    const [herLater, hisLater] = [await watch(berta), await watch(carl)];
    await until("she is told what runs", () => herLater.about(id).length > 0);
    await run.preview(await picture.webp().toBuffer(), 1);
    await run.complete(await picture.png().toBuffer());
    for (const watcher of [hers, herLater, all]) {
      await until("the end is heard by those who may", () =>
        watcher.about(id).some(({ status }) => status === "completed"),
      );
    }
    expect(hers.about(id).map(({ type }) => type)).toContain("preview");
    // Each socket is told in the order in which the hub hears: what comes now comes after all of the above.
    const own = await submitAs(carl);
    for (const watcher of [his, hisLater]) {
      await until("he hears of his own", () => watcher.about(own).length > 0);
      expect(watcher.about(id)).toEqual([]);
      const others = watcher.heard.filter((event) => event.type !== "server");
      expect(JSON.stringify(others)).not.toContain(id);
    }
    const last = await agent.begin();
    expect(last.id).toBe(own);
    await last.release();
    await clientOf(queue.worker.url, carl).call("cancelJob", { params: { id: own } });
    for (const watcher of [hers, his, all, herLater, hisLater]) watcher.stop();
  },
);
