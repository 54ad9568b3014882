/* The bell keeps count by itself: in the bar, in the tab's title, and at the place to which an alert leads. */
"use strict";

(() => {
  const bell = document.getElementById("bell");
  if (!bell) return;
  const shown = () => Number(bell.querySelector("input[name=shown]")?.value || 0);
  const bare = document.title.replace(/^\(\d\+?\) /, "");
  const mark = () => {
    const many = shown();
    document.title = many ? `(${many > 9 ? "9+" : many}) ${bare}` : bare;
  };
  const look = () => { if (!document.hidden && window.htmx) window.htmx.trigger(bell, "look"); };

  /* a sign-in that has ended, or a house that is away, leaves the bell as it is */
  bell.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.xhr.status !== 200) event.detail.shouldSwap = false; });
  bell.addEventListener("htmx:afterSwap", mark);
  document.addEventListener("visibilitychange", look);

  /* whoever looks at the place itself has read what leads there */
  if (!shown() || !/^\/(cases\/|queue$|inbox$|sending$|points$|alerts\/halted$)/.test(location.pathname)) return;
  const headers = JSON.parse(document.body.getAttribute("hx-headers") || "{}");
  const body = new URLSearchParams({ place: location.pathname });
  fetch("/alerts/met", { method: "POST", body, headers: { ...headers, "HX-Request": "true" }, credentials: "same-origin" })
    .then((answer) => { if (answer.ok) look(); })
    .catch(() => {});
})();
