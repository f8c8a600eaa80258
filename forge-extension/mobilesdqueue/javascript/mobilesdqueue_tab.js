/* MobileSD Queue: the tab: connection, what is saved here, what waits, what is finished. */
(() => {
  const TAB_ID = "tab_mobilesd_queue_tab";
  const TYPING_PAUSE_MS = 300;
  const PAGE_JOBS = 24;
  const JOBS_MAX = 200;
  const { api, el, feed } = window.mobilesdQueue;
  const filters = { status: "", server: "", text: "" };

  /** A list of jobs under a heading. A job keeps its card as long as it is listed, so nothing jumps. */
  function makeList(/** @type {MobilesdListKind} */ { title, empty, statuses, order }) {
    /** @type {Map<string, MobilesdCard>} */
    let cards = new Map();
    let limit = PAGE_JOBS;
    const count = el("span", { class: "mobilesd_quiet" });
    const nothing = el("p", { class: "mobilesd_quiet" }, empty);
    const list = el("ul", { class: "mobilesd_list" });
    const grow = () => {
      limit = Math.min(limit * 2, JOBS_MAX);
      return load();
    };
    const more = window.mobilesdQueue.button("Show more", grow, { hidden: true });
    const heading = el("h3", {}, title, " ", count);
    const root = el("section", { "aria-label": title }, heading, nothing, list, more);

    function draw(/** @type {MobilesdJobs} */ { jobs, total }) {
      const before = cards;
      cards = new Map(
        jobs.map(({ id }) => [id, before.get(id) ?? window.mobilesdQueue.makeCard()]),
      );
      for (const [id, card] of before) if (!cards.has(id)) card.root.remove();
      for (const [index, job] of jobs.entries()) {
        const card = /** @type {MobilesdCard} */ (cards.get(job.id));
        card.update(job);
        const there = list.children[index] ?? null;
        if (there !== card.root) list.insertBefore(card.root, there);
      }
      count.textContent = jobs.length < total ? `${jobs.length} of ${total}` : `${total || ""}`;
      nothing.hidden = total > 0;
      more.hidden = total <= limit || limit === JOBS_MAX;
    }

    /** Answers whether something moves. An answer to filters that changed meanwhile is let go. */
    async function load() {
      const asked = JSON.stringify(filters);
      const status = filters.status || statuses;
      root.hidden = !statuses.includes(status) && status !== statuses;
      if (root.hidden) return false;
      const { server, text } = filters;
      const wanted = { status, order, limit: `${limit}`, target_server_alias: server, q: text };
      const answer = /** @type {MobilesdJobs} */ (await api(`jobs?${new URLSearchParams(wanted)}`));
      if (asked === JSON.stringify(filters)) draw(answer);
      return answer.moves;
    }
    return { root, load, shown: () => [...cards.keys()].join() };
  }

  function makeFilters(/** @type {() => void} */ changed) {
    const options = (/** @type {string[][]} */ pairs) =>
      pairs.map(([value = "", label = ""]) => el("option", { value }, label));
    const words = ["Waiting", "Working", "Done", "Failed", "Cancelled"];
    const names = ["pending", "processing", "completed", "failed", "cancelled"];
    const statuses = [["", "All jobs"], ...names.map((name, index) => [name, words[index] ?? ""])];
    const status = el("select", { "aria-label": "Status" }, ...options(statuses));
    const server = el("select", { "aria-label": "Server" });
    const text = el("input", { placeholder: "Prompt", "aria-label": "Prompt" });
    const apply = () => {
      Object.assign(filters, {
        status: status.value,
        server: server.value,
        text: text.value.trim(),
      });
      changed();
    };
    /** @type {ReturnType<typeof setTimeout>} */
    let pause;
    status.addEventListener("change", apply);
    server.addEventListener("change", apply);
    text.addEventListener("input", () => {
      clearTimeout(pause);
      pause = setTimeout(apply, TYPING_PAUSE_MS);
    });
    return {
      root: el("div", { class: "mobilesd_row mobilesd_filters" }, status, server, text),
      setServers(/** @type {readonly MobilesdServer[]} */ servers) {
        const known = servers.map(({ alias, is_present: isPresent }) => [
          alias,
          isPresent ? alias : `${alias} (away)`,
        ]);
        server.replaceChildren(...options([["", "All servers"], ...known]));
        server.value = filters.server;
      },
    };
  }

  /** What is saved on this machine because the queue could not be reached. */
  function makeOutbox() {
    const { agoWords, button } = window.mobilesdQueue;
    const post = async (/** @type {string} */ path, body = {}) => {
      await api(path, { method: "POST", body });
      feed.nudge();
    };
    const title = "Saved here, not sent yet";
    const list = el("ul", { class: "mobilesd_list" });
    const sendAll = button("Send all now", () => post("outbox/send"));
    const root = el("section", { "aria-label": title }, el("h3", {}, title), list, sendAll);
    const card = (/** @type {MobilesdSaved} */ { id, created_at: at, prompt, count, sentence }) => {
      const drop = button("Discard", async () => {
        if (confirm("Discard this job? It was not sent.")) await post(`outbox/${id}/discard`);
      });
      const chip = el("span", { class: "mobilesd_chip" }, count > 1 ? `${count} saved` : "Saved");
      return el(
        "li",
        { class: "mobilesd_card", "data-status": "saved", "data-id": id },
        el("div", { class: "mobilesd_row mobilesd_quiet" }, chip, el("time", {}, agoWords(at))),
        el("p", { class: "mobilesd_prompt" }, prompt || "No prompt"),
        el("p", {}, sentence),
        el(
          "div",
          { class: "mobilesd_row" },
          button("Send now", () => post("outbox/send", { id })),
          drop,
        ),
      );
    };
    let drawn = "";
    feed.on("state", ({ outbox }) => {
      root.hidden = outbox.length === 0;
      if (drawn !== JSON.stringify(outbox)) list.replaceChildren(...outbox.map(card));
      drawn = JSON.stringify(outbox);
    });
    return root;
  }

  /** Says that the queue cannot be seen, and how old is what stands below. */
  function makeBanner(/** @type {HTMLElement} */ content) {
    let seenAt = "";
    const root = el("p", { class: "mobilesd_banner", role: "status", hidden: true });
    return {
      root,
      show(/** @type {string} */ problem) {
        if (!problem) seenAt = new Date().toISOString();
        const age = seenAt && `What stands below is from ${window.mobilesdQueue.agoWords(seenAt)}.`;
        root.textContent = `${problem} ${age}`;
        root.hidden = !problem;
        content.classList.toggle("mobilesd_stale", problem !== "");
      },
    };
  }

  function build(/** @type {HTMLElement} */ mount) {
    const waiting = makeList({
      title: "Queue",
      empty: "Nothing waits. Press “Queue in MobileSD” beside Generate, and the job stands here.",
      statuses: "pending,processing",
      order: "oldest",
    });
    const finished = makeList({
      title: "Finished",
      empty: "Nothing is finished.",
      statuses: "completed,failed,cancelled",
      order: "newest",
    });
    const content = el("div", {}, waiting.root, finished.root);
    const banner = makeBanner(content);
    const bar = makeFilters(feed.nudge);
    const fold = el("details", {}, el("summary", {}, "Connection"));
    fold.append(window.mobilesdQueue.connection());
    mount.classList.add("mobilesd");
    mount.replaceChildren(fold, banner.root, makeOutbox(), bar.root, content);

    let hasKey = true;
    feed.on("state", ({ key_start: key }) => {
      if (hasKey !== (key !== "")) fold.open = key === "";
      hasKey = key !== "";
      bar.root.hidden = !hasKey;
      content.hidden = !hasKey;
    });

    /** The finished ones are looked at when one may have come, when something was done, and now and then. */
    async function loadAll(/** @type {boolean} */ isNudged) {
      const before = waiting.shown();
      const moves = await waiting.load();
      if (moves && !isNudged && before === waiting.shown()) return true;
      const { servers } = /** @type {{servers: MobilesdServer[]}} */ (await api("servers"));
      bar.setServers(servers);
      await finished.load();
      return moves;
    }
    const isOpen = () => get_uiCurrentTabContent()?.id === TAB_ID;
    feed.addLook({
      isWanted: isOpen,
      async run(isNudged) {
        if (!isOpen() || !hasKey) return false;
        try {
          const moves = await loadAll(isNudged);
          banner.show("");
          return moves;
        } catch (error) {
          banner.show(/** @type {MobilesdFailure} */ (error).sentence);
          return false;
        }
      },
    });
    feed.nudge();
  }

  onUiLoaded(() => {
    const mount = gradioApp().getElementById("mobilesd_queue");
    if (mount) build(mount);
  });
})();
