/* MobileSD Queue: the tab: connection, what is saved here, what waits, what is finished. */
(() => {
  const TAB_ID = "tab_mobilesd_queue_tab";
  const TYPING_PAUSE_MS = 300;
  const PAGE_JOBS = 24;
  const JOBS_MAX = 200;
  const STATUSES = {
    "": "All jobs",
    pending: "Waiting",
    processing: "Working",
    completed: "Done",
    failed: "Failed",
    cancelled: "Cancelled",
  };
  const queue = window.mobilesdQueue;
  const { api, el, feed } = queue;
  const filters = { status: "", target_server_alias: "", q: "" };

  /**
   * A list of jobs under a heading. A job keeps its card as long as it is listed, so nothing jumps.
   * @param {string} title @param {string} empty @param {{status: string, order: string}} kind
   */
  function makeList(title, empty, kind) {
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
    const more = queue.button("Show more", grow, { hidden: true });
    const heading = el("h3", {}, title, " ", count);
    const root = el("section", { "aria-label": title }, heading, nothing, list, more);

    function draw(/** @type {MobilesdJobs} */ { jobs, total }) {
      const before = cards;
      cards = new Map(jobs.map(({ id }) => [id, before.get(id) ?? queue.makeCard()]));
      for (const [id, card] of before) if (!cards.has(id)) card.root.remove();
      for (const [index, card] of [...cards.values()].entries()) {
        card.update(/** @type {MobilesdJob} */ (jobs[index]));
        const there = list.children[index] ?? null;
        if (there !== card.root) list.insertBefore(card.root, there);
      }
      count.textContent = jobs.length < total ? `${jobs.length} of ${total}` : `${total || ""}`;
      nothing.hidden = total > 0;
      more.hidden = total <= limit || limit === JOBS_MAX;
    }

    /** Answers whether something moves. An answer to other filters is let go. */
    async function load() {
      const asked = JSON.stringify(filters);
      root.hidden = !kind.status.includes(filters.status);
      if (root.hidden) return false;
      const status = filters.status || kind.status;
      const query = new URLSearchParams({ ...filters, ...kind, status, limit: `${limit}` });
      const answer = /** @type {MobilesdJobs} */ (await api(`jobs?${query}`));
      if (asked === JSON.stringify(filters)) draw(answer);
      return answer.moves;
    }

    /** Jobs that went on while the lists were loaded stand in one of them only. */
    function drop(/** @type {string[]} */ ids) {
      for (const id of ids) cards.get(id)?.root.remove();
    }
    return { root, load, drop, ids: () => [...cards.keys()] };
  }

  function makeFilters() {
    const options = (/** @type {string[][]} */ pairs) =>
      pairs.map(([value = "", label = ""]) => el("option", { value }, label));
    const status = el("select", { "aria-label": "Status" }, ...options(Object.entries(STATUSES)));
    const server = el("select", { "aria-label": "Server" });
    const text = el("input", { placeholder: "Find a prompt", "aria-label": "Prompt" });
    let pause = 0;
    const apply = () => {
      clearTimeout(pause);
      pause = setTimeout(() => {
        Object.assign(filters, { status: status.value, target_server_alias: server.value });
        filters.q = text.value.trim();
        feed.nudge();
      }, TYPING_PAUSE_MS);
    };
    const root = el("div", { class: "mobilesd_row", input: apply }, status, server, text);
    function setServers(/** @type {Record<string, string>} */ servers) {
      server.replaceChildren(...options(Object.entries({ "": "All servers", ...servers })));
      server.value = filters.target_server_alias;
    }
    return { root, setServers };
  }

  /** What is saved on this machine because the queue could not be reached. */
  function makeOutbox() {
    const title = "Saved here, not sent yet";
    const list = el("ul", { class: "mobilesd_list" });
    const root = el("section", { "aria-label": title }, el("h3", {}, title), list);
    const card = (/** @type {MobilesdSaved} */ { id, created_at: at, prompt, count, sentence }) => {
      const send = queue.button("Send now", () => queue.act("outbox/send", { id }));
      const drop = queue.button("Discard", async () => {
        if (confirm("Discard this job? It was not sent.")) await queue.act(`outbox/${id}/discard`);
      });
      const chip = el("span", { class: "mobilesd_chip" }, count > 1 ? `${count} saved` : "Saved");
      const time = el("time", {}, new Date(at).toLocaleString());
      return el(
        "li",
        { class: "mobilesd_card", "data-status": "saved", "data-id": id },
        el("div", { class: "mobilesd_row mobilesd_quiet" }, chip, time),
        el("p", { class: "mobilesd_prompt" }, prompt || "No prompt"),
        el("p", {}, sentence),
        queue.row(send, drop),
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

  function build(/** @type {HTMLElement} */ mount) {
    const waiting = makeList(
      "Queue",
      "Nothing waits. Press “Queue in MobileSD” beside Generate, and the job stands here.",
      { status: "pending,processing", order: "oldest" },
    );
    const finished = makeList("Finished", "Nothing is finished.", {
      status: "completed,failed,cancelled",
      order: "newest",
    });
    const content = el("div", {}, waiting.root, finished.root);
    const banner = el("p", { class: "mobilesd_banner", role: "status", hidden: true });
    const bar = makeFilters();
    const fold = el("details", {}, el("summary", {}, "Connection"), queue.connection());
    mount.classList.add("mobilesd");
    mount.replaceChildren(fold, banner, makeOutbox(), bar.root, content);

    let seenAt = "";
    /** Says why the queue cannot be seen, and how old the lists are. */
    function showProblem(/** @type {string} */ problem) {
      if (!problem) seenAt = new Date().toLocaleTimeString();
      const age = seenAt && `Last seen at ${seenAt}.`;
      banner.textContent = `${problem} ${age}`;
      banner.hidden = !problem;
      content.classList.toggle("mobilesd_stale", !banner.hidden);
    }

    feed.on("failed", ({ sentence }) => showProblem(sentence));

    let hasKey = true;
    let isOld = true;
    feed.on("state", ({ key_start: key }) => {
      if (hasKey && key === "") fold.open = true;
      hasKey = key !== "";
      bar.root.hidden = content.hidden = !hasKey;
      if (!hasKey) banner.hidden = true;
    });

    /** The finished ones cost the queue more: asked for when one may have come. */
    async function loadAll() {
      const before = `${waiting.ids()}`;
      const moves = await waiting.load();
      isOld ||= before !== `${waiting.ids()}`;
      if (!isOld) return moves;
      bar.setServers(/** @type {Record<string, string>} */ (await api("servers")));
      await finished.load();
      waiting.drop(finished.ids());
      isOld = false;
      return moves;
    }
    const isWanted = () => get_uiCurrentTabContent()?.id === TAB_ID;
    feed.addLook({
      isWanted,
      async run(isNudged) {
        isOld ||= isNudged;
        if (!isWanted() || !hasKey) return false;
        const moves = await loadAll();
        showProblem("");
        return moves;
      },
    });
    feed.nudge();
  }

  onUiLoaded(() => {
    const mount = gradioApp().getElementById("mobilesd_queue");
    if (mount) build(mount);
  });
})();
