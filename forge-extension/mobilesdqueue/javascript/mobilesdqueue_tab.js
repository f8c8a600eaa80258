/* MobileSD Queue: the tab: connection, what is saved here, what waits, what is finished. */
(() => {
  const TYPING_PAUSE_MS = 300;
  const FEW_JOBS = 24;
  const MANY_JOBS = 200;
  const queue = window.mobilesdQueue;
  const { api, feed, part } = queue;

  /** By id, of the jobs in any list. @type {Map<string, MobilesdCard>} */
  const cards = new Map();

  /** A job keeps its card from list to list, so nothing jumps. */
  function drawCards(/** @type {HTMLElement} */ list, /** @type {readonly MobilesdJob[]} */ jobs) {
    const drawn = jobs.map((job) => {
      const card = cards.get(job.id) ?? queue.makeCard();
      cards.set(job.id, card);
      card.update(job);
      return card.root;
    });
    for (const old of [...list.children]) if (!drawn.some((card) => card === old)) old.remove();
    for (const [index, card] of drawn.entries()) {
      const there = list.children[index] ?? null;
      if (there !== card) list.insertBefore(card, there);
    }
  }

  /** @param {HTMLElement} root @param {() => Record<string, string>} filters */
  function makeList(root, filters) {
    let limit = FEW_JOBS;
    const { status: all = "", order = "" } = root.dataset;
    const showMany = () => {
      limit = MANY_JOBS;
      return load();
    };
    const more = queue.button("Show more", showMany, { hidden: true });
    root.append(more);

    function draw(/** @type {MobilesdJobs} */ { jobs, total }) {
      drawCards(part(root, "ul"), jobs);
      part(root, "span").textContent = `${total || ""}`;
      part(root, "p").hidden = total > 0;
      more.hidden = total <= limit || limit === MANY_JOBS;
    }

    /** Draws what is there, unless something else is asked for meanwhile. */
    async function load() {
      const asked = filters();
      root.hidden = !all.includes(asked.status ?? "");
      if (root.hidden) return { jobs: [], total: 0, moves: false };
      const query = new URLSearchParams({ ...asked, order, limit: `${limit}` });
      if (!asked.status) query.set("status", all);
      const answer = await api(`jobs?${query}`);
      if (JSON.stringify(asked) === JSON.stringify(filters())) draw(answer);
      return answer;
    }
    return load;
  }

  function begin(/** @type {HTMLElement} */ tab) {
    const content = part(tab, ".mobilesd_jobs");
    const banner = part(tab, ".mobilesd_banner");
    const form = part(content, "form");
    const filters = () =>
      /** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form)));
    const loadWaiting = makeList(part(content, "[data-order=oldest]"), filters);
    const loadFinished = makeList(part(content, "[data-order=newest]"), filters);
    const saved = part(tab, ".mobilesd_outbox");

    let typing = 0;
    form.oninput = () => {
      clearTimeout(typing);
      typing = setTimeout(feed.nudge, TYPING_PAUSE_MS);
    };
    form.onsubmit = (event) => event.preventDefault();

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
    feed.on("run", (event) => cards.get(event.mobilesd_job_id)?.hear(event));

    let hasKey = true;
    feed.on("state", ({ key_start: key, outbox }) => {
      saved.hidden = outbox.length === 0;
      drawCards(part(saved, "ul"), outbox);
      if (hasKey && key === "") part(tab, "details").open = true;
      hasKey = key !== "";
      content.hidden = !hasKey;
      if (!hasKey) banner.hidden = true;
    });

    let isOld = true;
    let waiting = "";
    /** The finished ones cost the queue more: asked for when one may have come. */
    async function loadAll() {
      const { jobs, moves } = await loadWaiting();
      const ids = `${jobs.map(({ id }) => id)}`;
      isOld ||= ids !== waiting;
      waiting = ids;
      queue.follow(jobs);
      if (!isOld) return moves;
      const servers = Object.entries(await api("servers"));
      const options = servers.map(([alias, words]) => new Option(words, alias));
      const server = part(form, "select[name=target_server_alias]");
      const chosen = server.value;
      server.replaceChildren(new Option("All servers", ""), ...options);
      server.value = chosen;
      await loadFinished();
      for (const [id, { root }] of cards) if (!root.isConnected) cards.delete(id);
      isOld = false;
      return moves;
    }
    feed.addLook({
      isWanted: queue.isSeen,
      async run(isNudged) {
        isOld ||= isNudged;
        if (!queue.isSeen() || !hasKey) return false;
        const moves = await loadAll();
        showProblem("");
        return moves;
      },
    });
    feed.nudge();
  }

  onUiLoaded(() => {
    const tab = /** @type {HTMLElement | null} */ (
      gradioApp().querySelector("#mobilesd_queue .mobilesd")
    );
    // Out of what Gradio's own style reaches.
    tab?.closest("#mobilesd_queue")?.replaceChildren(tab);
    if (tab) begin(tab);
  });
})();
