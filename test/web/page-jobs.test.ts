import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { clientOf } from "../support/box/queue.ts";
import { until } from "../support/box/until.ts";
import { useLocalPage } from "../support/local-page.ts";

const here = useLocalPage();

const LONG = { width: 2048, height: 2048, steps: 150 };

describe("a job on the page", () => {
  it("shows a picture as it comes, without a reload", async () => {
    await here.signIn();
    await here.submit({ positive_prompt: "a job that comes by itself", batch_size: 2 });
    const card = here.cardOf("a job that comes by itself");
    await card.getByText("Done").waitFor();
    expect(await card.getByRole("button", { name: /Open picture/ }).count()).toBe(2);
    await until("both previews are loaded", () =>
      here.page.evaluate(
        "[...document.querySelectorAll('.thumbnail img')].every((img) => img.naturalWidth > 0)",
      ),
    );
    expect(here.strayRequests).toEqual([]);
    expect(here.complaints).toEqual([]);
  });

  it("opens a picture in full, with the very bytes to download", async () => {
    const id = await here.submit({ positive_prompt: "a picture to open" });
    await here.signIn();
    await here.cardOf("a picture to open").getByRole("button", { name: "Open picture 1" }).click();
    await until("the full picture is loaded", () =>
      here.page.evaluate("document.querySelector('dialog.viewer img').naturalWidth === 128"),
    );
    const downloading = here.page.waitForEvent("download");
    await here.page.getByRole("link", { name: "Download" }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe(`${id}_00001.png`);
    const { images } = await clientOf(here.owner.url, here.owner).call("getJob", {
      params: { id },
    });
    const served = await (await fetch(images[0]?.download_url ?? "")).arrayBuffer();
    expect(readFileSync(await download.path()).equals(Buffer.from(served))).toBe(true);
    await here.page.keyboard.press("Escape");
    await here.page.locator("dialog").waitFor({ state: "detached" });
  });

  it("copies a picture's infotext", async () => {
    await here.submit({ positive_prompt: "words to copy" });
    await here.signIn();
    await here.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await here.cardOf("words to copy").getByRole("button", { name: "Copy infotext" }).click();
    await here.page.getByText("Infotext copied").waitFor();
    expect(await here.page.evaluate("navigator.clipboard.readText()")).toMatch(
      /^words to copy(.|\n)*Steps: 4/,
    );
  });

  it("deletes a job after asking, and not when the answer is no", async () => {
    await here.submit({ positive_prompt: "a job to delete" });
    await here.signIn();
    const card = here.cardOf("a job to delete");
    await card.getByRole("button", { name: "Delete" }).click();
    await here.page.getByRole("button", { name: "Keep it" }).click();
    expect(await card.count()).toBe(1);
    await card.getByRole("button", { name: "Delete" }).click();
    await here.page.getByText("Delete this job and its picture?").waitFor();
    await here.page.locator("dialog").getByRole("button", { name: "Delete" }).click();
    await card.waitFor({ state: "detached" });
  });

  it("says where jobs stand, and cancels a waiting one at once, a running one after asking", async () => {
    await here.submit({ ...LONG, positive_prompt: "the running one" });
    await here.submit({ ...LONG, positive_prompt: "the waiting one" });
    await here.signIn();
    const running = here.cardOf("the running one");
    const waiting = here.cardOf("the waiting one");
    await running.getByText(/Being drawn/).waitFor();
    await waiting.getByText(/Next in line/).waitFor();
    expect(await here.page.locator("ul.moving li.card .prompt").allInnerTexts()).toEqual([
      "the running one",
      "the waiting one",
    ]);
    await waiting.getByRole("button", { name: "Cancel" }).click();
    await waiting.getByText("Cancelled").waitFor();
    await waiting.getByRole("button", { name: "Retry" }).click();
    await here.page.getByText("Queued again").waitFor();
    const again = here.page.locator("ul.moving li.card", { hasText: "the waiting one" });
    await again.getByText(/Next in line/).waitFor();
    await again.getByRole("button", { name: "Cancel" }).click();
    await again.waitFor({ state: "detached" });
    await running.getByRole("button", { name: "Cancel" }).click();
    await here.page.getByRole("button", { name: "Keep it" }).click();
    await running.getByText(/Being drawn/).waitFor();
    await running.getByRole("button", { name: "Cancel" }).click();
    await here.page.getByRole("button", { name: "Stop it" }).click();
    await running.getByText("Cancelled").waitFor();
  });

  it("shows every job that waits, however many came after it", async () => {
    const client = clientOf(here.owner.url, here.owner);
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const ids: string[] = [];
    for (const name of ["the oldest that waits", ...Array<string>(31).fill("one of many")]) {
      ids.push(await here.submit({ positive_prompt: name }, { not_before: inAnHour }));
    }
    await here.signIn();
    await here.cardOf("the oldest that waits").getByText("Waits for its time").waitFor();
    expect(await here.page.locator("ul.moving li.card").count()).toBe(ids.length);
    await here.page.getByText(`In the queue (${ids.length})`).waitFor();
    await Promise.all(ids.map((id) => client.call("cancelJob", { params: { id } })));
    await here.page.getByText("In the queue").waitFor({ state: "hidden" });
  });

  it("keeps a hostile prompt a text", async () => {
    const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
    await here.submit({ positive_prompt: hostile });
    await here.signIn();
    const shown = here.page.locator("li.card .prompt", { hasText: hostile });
    await shown.waitFor();
    expect(await shown.innerText()).toBe(hostile);
    expect(await here.page.title()).toBe("MobileSD Queue");
  });
});

/** Puts words of any length into the answers about one job, which else hold what the queue says. */
async function changeJob(prompt: string, changes: object): Promise<void> {
  await here.page.route("**/api/v1/queue/jobs?*", async (route) => {
    const response = await route.fetch();
    const list = (await response.json()) as {
      jobs: { generation_params: { positive_prompt: string } }[];
    };
    const jobs = list.jobs.map((job) =>
      job.generation_params.positive_prompt === prompt ? { ...job, ...changes } : job,
    );
    await route.fulfill({ response, json: { ...list, jobs } });
  });
}

describe("the words of a finished job", () => {
  it("say why it failed, and on which box", async () => {
    await here.submit({
      positive_prompt: "a job without its VAE",
      checkpoint_name: "Flux/demoFlux_unet_Q8.gguf",
    });
    await here.signIn();
    const card = here.cardOf("a job without its VAE");
    await card.getByText("Its checkpoint needs a VAE or text encoders beside it").waitFor();
    await card
      .getByRole("alert")
      .getByText(/demoFlux_unet_Q8/)
      .waitFor();
    await card.getByText("on MyForgeServer").waitFor();
  });

  it("say calmly what the result is not", async () => {
    await here.submit({ positive_prompt: "a job with notes", width: 136, hires: { scale: 1.3 } });
    await here.signIn();
    const card = here.cardOf("a job with notes");
    const notes = card.getByRole("list", { name: "Notes on the result" });
    await notes.waitFor();
    expect(await notes.innerText()).toMatch(/176x160.*176x166/);
    expect(await card.getByRole("alert").count()).toBe(0);
    await card.getByText("Done").waitFor();
  });

  it.each(["light", "dark"] as const)(
    "fit a small phone however long they are, the owner's part too, in the %s",
    async (colorScheme) => {
      const endless = "x".repeat(400);
      await here.openContext({ viewport: { width: 320, height: 568 }, colorScheme });
      const id = await here.submit({ positive_prompt: `long words ${colorScheme}` });
      // What a socket tells of it is not changed here: it must be over before the page looks.
      await until("it is done", async () => {
        const { status } = await clientOf(here.owner.url, here.owner).call("getJob", {
          params: { id },
        });
        return status === "completed";
      });
      await changeJob(`long words ${colorScheme}`, {
        name: endless,
        server_alias: "b".repeat(64),
        status: "failed",
        status_reason: "forge_error",
        error: { code: "forge_error", message: endless, owner_message: endless },
        warnings: [{ code: "size_rounded", message: endless }],
      });
      await here.signIn();
      const card = here.cardOf(`long words ${colorScheme}`);
      await card.getByText(`For the owner of the box: ${endless}`).waitFor();
      const inCard = "[...document.querySelectorAll('li.card, li.card *')]";
      expect(
        await here.page.evaluate(
          `${inCard}.filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0 && getComputedStyle(one).display !== 'inline').length`,
        ),
      ).toBe(0);
      expect(here.complaints).toEqual([]);
    },
  );
});
