/* MobileSD Queue: hears of jobs from the queue itself, by a socket to each server that has open ones. */
(() => {
  const TAB_ID = "tab_mobilesd_queue_tab";
  const SOCKETS_MAX = 4;
  /** The queue's own (src/contract/limits.ts). */
  const PING_MS = 20_000;
  const SPREAD_MS = 5_000;
  const WAIT_MAX_MS = 600_000;
  const queue = window.mobilesdQueue;
  const { api, feed } = queue;

  /** Those on the tab that are open. @type {readonly MobilesdJob[]} */
  let jobs = [];
  /** By server. @type {Map<string, MobilesdLine>} */
  const lines = new Map();

  const isSeen = () => !document.hidden && get_uiCurrentTabContent()?.id === TAB_ID;
  const isLive = () =>
    isSeen() && jobs.length > 0 && jobs.every(({ server }) => lines.get(server)?.stands);

  /** @param {MobilesdLiveEvent} event */
  function hear(event) {
    if (event.type === "progress" || event.type === "preview") return feed.emit("run", event);
    feed.nudge();
    if (event.type !== "job" || event.status === "processing" || isSeen()) return;
    follow(jobs.filter(({ id }) => id !== event.mobilesd_job_id));
  }

  /** Opens a socket again and again until it is ended. @param {string} server */
  function makeLine(server) {
    /** @type {WebSocket | null} */
    let socket = null;
    let since = "";
    let failures = 0;
    let timer = 0;
    let isAnswered = true;
    const line = { stands: false, end };

    /** Also a socket that does not know yet that it is dead. */
    function drop() {
      line.stands = false;
      clearTimeout(timer);
      if (socket) socket.onmessage = socket.onclose = null;
      socket?.close();
    }

    function end() {
      drop();
      lines.delete(server);
    }

    /** The next try is left to chance: all pages lose theirs together. */
    function lose() {
      if (lines.get(server) !== line) return;
      const hasStood = line.stands;
      drop();
      const waitMaxMs = Math.min(SPREAD_MS * 2 ** failures, WAIT_MAX_MS);
      timer = setTimeout(connect, Math.random() * waitMaxMs);
      failures += 1;
      if (hasStood) feed.nudge();
    }

    /** Finds a line that died without a word. */
    function watch() {
      if (!isAnswered) return lose();
      isAnswered = false;
      failures = 0;
      socket?.send("ping");
      timer = setTimeout(watch, PING_MS);
    }

    async function connect() {
      if (!isSeen()) return end();
      try {
        const { url } = await api("live", { method: "POST", body: { server, since } });
        if (lines.get(server) !== line) return;
        // Throws on a page of https whose queue is at plain http.
        socket = new WebSocket(url);
      } catch {
        // The looks go on as without sockets, and say what is wrong.
        return lose();
      }
      socket.onopen = () => {
        line.stands = isAnswered = true;
        timer = setTimeout(watch, PING_MS);
        feed.nudge();
      };
      socket.onmessage = ({ data }) => {
        isAnswered = true;
        if (data === "pong") return;
        const event = JSON.parse(data);
        since = event.id;
        hear(event);
      };
      socket.onclose = lose;
    }

    connect();
    return line;
  }

  /** A ticket is asked for only while somebody looks; what runs is heard to its end. */
  function settle() {
    const open = jobs.filter(({ status }) => isSeen() || status === "processing");
    const servers = open.map(({ server }) => server);
    for (const [server, line] of lines) if (!servers.includes(server)) line.end();
    for (const server of isSeen() ? servers : []) {
      if (!lines.has(server) && lines.size < SOCKETS_MAX) lines.set(server, makeLine(server));
    }
  }

  /** @type {MobilesdQueue["follow"]} */
  function follow(open) {
    jobs = open;
    settle();
  }

  Object.assign(queue, { isSeen, isLive, follow });

  onUiLoaded(() => document.addEventListener("visibilitychange", settle));
  onUiTabChange(settle);
})();
