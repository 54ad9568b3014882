/* What the pages do by themselves: clocks that run, a draft that is never lost, keys. No page needs it to be read. */
"use strict";

(() => {
  const body = document.body;
  const words = JSON.parse(body.dataset.words || "{}");
  const ahead = body.dataset.now ? Date.parse(body.dataset.now) - Date.now() : 0;
  const say = (sentence, values = {}) => sentence.replace(/%\((\w+)\)s/g, (_, name) => values[name]);

  /* clocks: "1 h 12 min left", counted against the house's time, calm then near then over */
  const span = (ms) => {
    const minutes = Math.floor(Math.abs(ms) / 60000);
    const [d, h, m] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
    if (d) return say(h ? words.dh : words.d, { d, h });
    if (h) return say(m ? words.hm : words.h, { h, m });
    if (minutes < 2 && ms > 0) return say(words.ms, { m, s: Math.floor(ms / 1000) % 60 });
    return say(words.m, { m });
  };
  const tick = () => {
    const now = Date.now() + ahead;
    for (const time of document.querySelectorAll("time[data-until]")) {
      const until = Date.parse(time.dateTime);
      const rest = until - now;
      const text = say(rest > 0 ? words.left : words.over, { time: span(rest) });
      if (time.textContent !== text) time.textContent = text;
      const clock = time.closest(".clock");
      if (!clock || !clock.dataset.since) continue;
      const used = (now - Date.parse(clock.dataset.since)) / (until - Date.parse(clock.dataset.since));
      clock.classList.toggle("over", used >= 1);
      clock.classList.toggle("near", used >= 0.75 && used < 1);
      clock.classList.toggle("calm", used < 0.75);
    }
  };
  /* the page's language as the reader's own region writes it */
  const spoken = document.documentElement.lang;
  const region = navigator.languages.find((one) => one.split("-")[0] === spoken.split("-")[0]) || spoken;
  const local = (root) => {
    for (const time of root.querySelectorAll("time[data-local]")) {
      const full = new Date(time.dateTime).toLocaleString(region, { dateStyle: "medium", timeStyle: "short" });
      if (time.textContent.endsWith("UTC")) time.textContent = full;
      time.title = full;
    }
  };
  if (words.left) { tick(); setInterval(tick, 1000); }
  local(document);

  /* the draft: kept in this browser until the house has it, per person and case */
  const KEY = "peerline draft ";
  const forget = (match) => Object.keys(sessionStorage).filter((key) => key.startsWith(KEY) && key.includes(match)).forEach((key) => sessionStorage.removeItem(key));
  const form = document.querySelector("form[data-draft]");
  const member = body.dataset.member || "";
  const sent = new URLSearchParams(location.search).get("sent");
  if (sent) {
    forget(`${member} /cases/${sent}`);
    history.replaceState(null, "", location.pathname);
  }
  if (form) {
    const key = `${KEY}${member} ${form.dataset.draft}`;
    const area = form.querySelector("textarea");
    const kept = JSON.parse(sessionStorage.getItem(key) || "null");
    const fromHouse = area.value;
    /* who types before this page's scripts are here is heard all the same */
    if (area.value !== area.defaultValue) addEventListener("load", () => area.dispatchEvent(new Event("input", { bubbles: true })));
    if (kept && !kept.saved && kept.text.trim() && kept.text !== fromHouse) {
      const note = document.getElementById("restored");
      area.value = kept.text;
      note.querySelector("span").textContent = words.restored;
      note.hidden = false;
      note.querySelector("button").addEventListener("click", () => {
        area.value = fromHouse;
        note.hidden = true;
        area.dispatchEvent(new Event("input", { bubbles: true }));
        area.focus();
      });
      addEventListener("load", () => area.dispatchEvent(new Event("input", { bubbles: true })));
    }
    area.addEventListener("input", () => {
      sessionStorage.setItem(key, JSON.stringify({ text: area.value, saved: false }));
      const saved = document.getElementById("saved");
      if (saved) saved.textContent = words.saving;
    });
    area.addEventListener("htmx:beforeRequest", () => { area.dataset.sent = area.value; });
    area.addEventListener("htmx:afterRequest", (event) => {
      /* not every answer means that the house has it: those that do say so in the line "saved" */
      if (event.detail.xhr.responseText.includes('id="saved"') && area.dataset.sent === area.value) {
        sessionStorage.setItem(key, JSON.stringify({ text: area.value, saved: true }));
      }
    });
    area.addEventListener("htmx:sendError", () => {
      const saved = document.getElementById("saved");
      if (saved) saved.textContent = words.unsaved;
    });
  }
  for (const leaving of document.querySelectorAll("form[data-forget=drafts]")) leaving.addEventListener("submit", () => forget(""));

  /* polls rest while nobody looks; news never moves what is being read */
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.detail.requestConfig.verb === "get") event.preventDefault();
  });
  document.addEventListener("htmx:afterSwap", (event) => { local(event.target); tick(); });

  /* somebody is here: the sign-in does not go idle under a reader */
  let told = Date.now();
  const here = () => {
    if (!member || Date.now() - told < 120000) return;
    told = Date.now();
    const headers = JSON.parse(body.getAttribute("hx-headers") || "{}");
    fetch("/here", { method: "POST", headers: { ...headers, "HX-Request": "true" }, credentials: "same-origin" }).catch(() => {});
  };
  for (const sign of ["pointerdown", "keydown", "scroll"]) addEventListener(sign, here, { passive: true });

  /* one press is enough */
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post" || event.defaultPrevented) return;
    if (event.target.dataset.busy) { event.preventDefault(); return; }
    event.target.dataset.busy = "yes";
    addEventListener("pageshow", () => { delete event.target.dataset.busy; }, { once: true });
  });

  /* keys: never while typing, never with a modifier, and nothing public without Enter */
  const dialog = document.getElementById("keys");
  for (const opener of document.querySelectorAll("[data-open=keys]")) opener.addEventListener("click", () => dialog.showModal());
  const go = (id) => {
    const target = document.getElementById(id);
    if (!target) return false;
    const box = target.closest("details") || (target.tagName === "DETAILS" ? target : null);
    if (box) box.open = true;
    const field = target.tagName === "DETAILS" ? target.querySelector("textarea, input:not([type=hidden])") : target;
    field.focus();
    field.scrollIntoView({ block: "nearest" });
    return true;
  };
  const step = (by) => {
    const all = [...document.querySelectorAll("a.card, .ledger a")];
    if (!all.length) return;
    const at = all.indexOf(document.activeElement);
    all[Math.max(0, Math.min(all.length - 1, at + by))].focus();
  };
  const reason = (id) => {
    const box = document.getElementById("not-yet");
    if (!box) return;
    box.open = true;
    const field = box.querySelector("textarea");
    if (field.value.trim()) go(id); else field.focus();
  };
  const keys = {
    "?": () => dialog && dialog.showModal(),
    j: () => step(1),
    k: () => step(-1),
    c: () => go("claim"),
    a: () => go("approve"),
    e: () => go("edit") || go("text"),
    r: () => reason("return"),
    x: () => reason("reject"),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, dialog") || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
})();
