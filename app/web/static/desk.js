/* The desk's own ways: threads open beside the list, keys, names in notes, the reader's own hours. All optional. */
"use strict";

(() => {
  const wide = matchMedia("(min-width: 1100px)");
  const list = document.getElementById("list");
  const kept = () => `peerline list ${list.dataset.tab}`;

  /* the list keeps its place, also over a page that was loaded anew */
  if (list) {
    const place = () => {
      list.scrollTop = Number(sessionStorage.getItem(kept())) || 0;
      const here = list.querySelector("[aria-current=true]");
      if (here) here.scrollIntoView({ block: "nearest" });
    };
    place();
    list.addEventListener("scroll", () => sessionStorage.setItem(kept(), String(list.scrollTop)), { passive: true });
    list.addEventListener("htmx:afterSwap", (event) => { if (event.target === list) place(); });
  }

  /* a thread opens beside the list; whoever writes an answer gets the whole page, which keeps the draft */
  const open = async (card) => {
    const answer = await fetch(card.href, { credentials: "same-origin" }).catch(() => null);
    if (!answer || !answer.ok) { location.assign(card.href); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("opened");
    if (!fresh || page.querySelector("form[data-draft]")) { location.assign(card.href); return; }
    const opened = document.getElementById("opened");
    for (const notice of document.querySelectorAll("main > .notice")) notice.remove();
    opened.replaceWith(document.adoptNode(fresh));
    document.title = page.title;
    history.pushState({ desk: true }, "", card.href);
    for (const other of list.querySelectorAll("[aria-current=true]")) other.removeAttribute("aria-current");
    card.setAttribute("aria-current", "true");
    scrollTo(0, 0);
    window.htmx.process(document.getElementById("opened"));
    document.dispatchEvent(new CustomEvent("htmx:afterSwap", { bubbles: true }));
    ready(document.getElementById("opened"));
  };
  addEventListener("popstate", () => location.reload());
  document.addEventListener("click", (event) => {
    const card = event.target.closest && event.target.closest("#list a.card");
    if (!card || !wide.matches || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(card);
  });

  /* the reader's own clock decides what tomorrow is */
  const ready = (root) => {
    for (const field of root.querySelectorAll("[data-zone]")) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    for (const area of root.querySelectorAll("textarea[data-names]")) offerNames(area);
    for (const day of root.querySelectorAll("#snooze input[type=date]")) day.addEventListener("input", () => { document.querySelector("#snooze input[value=date]").checked = true; });
  };

  /* @ offers the colleagues' names */
  const offerNames = (area) => {
    if (area.dataset.ready) return;
    area.dataset.ready = "yes";
    const names = area.dataset.names.trim().split(/\s+/).filter(Boolean);
    const offered = area.parentElement.querySelector(".names");
    const begun = () => /(?:^|[^\w@.])@([\w.-]*)$/.exec(area.value.slice(0, area.selectionStart));
    const take = (name) => {
      const at = area.selectionStart;
      const start = at - begun()[1].length;
      area.setRangeText(`${name} `, start, at, "end");
      offered.hidden = true;
      area.focus();
    };
    const show = () => {
      const found = begun();
      const fitting = found ? names.filter((name) => name.toLowerCase().startsWith(found[1].toLowerCase())) : [];
      offered.replaceChildren(...fitting.slice(0, 6).map((name, at) => {
        const line = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        button.className = "plain";
        button.textContent = `@${name}`;
        button.setAttribute("aria-selected", String(at === 0));
        button.addEventListener("click", () => take(name));
        line.append(button);
        return line;
      }));
      offered.hidden = fitting.length === 0;
    };
    area.addEventListener("input", show);
    area.addEventListener("keydown", (event) => {
      if (offered.hidden || event.isComposing) return;
      const all = [...offered.querySelectorAll("button")];
      const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
      if (event.key === "Escape") offered.hidden = true;
      else if (event.key === "Enter" || event.key === "Tab") take(all[at].textContent.slice(1));
      else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        const next = Math.max(0, Math.min(all.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
        all.forEach((one, index) => one.setAttribute("aria-selected", String(index === next)));
      } else return;
      event.preventDefault();
    });
    area.addEventListener("blur", () => setTimeout(() => { offered.hidden = true; }, 150));
  };
  ready(document);
  document.addEventListener("htmx:afterSwap", (event) => { if (event.target.querySelectorAll) ready(event.target); });

  /* keys: never while typing, never with a modifier */
  const to = (...ids) => {
    for (const id of ids) {
      const found = document.getElementById(id);
      if (!found) continue;
      if (found.tagName === "DETAILS") found.open = true;
      const field = found.tagName === "DETAILS" ? found.querySelector("select, input:not([type=hidden]), textarea, button") : found;
      field.focus();
      field.scrollIntoView({ block: "nearest" });
      return;
    }
  };
  if (location.hash === "#hand") to("hand");
  const follow = (id) => {
    const found = document.getElementById(id);
    if (found) found.click();
    return Boolean(found);
  };
  const keys = {
    n: () => follow("next") || to("note"),
    h: () => to("hand"),
    s: () => to("snooze"),
    x: () => to("close"),
    r: () => { if (!document.getElementById("not-yet")) to("text", "claim"); },
    u: () => { const here = list && wide.matches && (list.querySelector("[aria-current=true]") || list.querySelector("a.card")); if (here) here.focus(); else follow("back"); },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented && event.key !== "x" && event.key !== "r") return;
    if (event.target.closest("input, textarea, select, dialog") || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
})();
