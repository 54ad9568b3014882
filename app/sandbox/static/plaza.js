/* Plaza in the browser: counts what is typed as the network counts it, and lets answers appear by themselves. */
"use strict";
(function () {
  const PICTURE = "\\p{Extended_Pictographic}(?:\\uFE0F|\\p{Emoji_Modifier})?";
  const EMOJI = new RegExp(
    "\\p{Regional_Indicator}{2}|[0-9#*]\\uFE0F?\\u20E3|" +
    "\\p{Extended_Pictographic}[\\u{E0020}-\\u{E007E}]+\\u{E007F}|(?![\\u00A9\\u00AE](?!\\uFE0F))" + PICTURE + "(?:\\u200D" + PICTURE + ")*", "gu");
  const LIGHT = [[0, 0x10FF], [0x2000, 0x200D], [0x2010, 0x201F], [0x2032, 0x2037]];

  function linkPattern(endings) {
    const label = "[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?";
    const stop = "[^\\s<>\"'.,;:!?)\\]}]";
    return new RegExp(
      "(?<![A-Za-z0-9@＠$#＃_./-])(?:https?://)?(?:" + label + "\\.){1,8}(?:" + endings + ")(?![A-Za-z0-9_@-]|\\.[A-Za-z0-9])" +
      "(?::\\d{1,5})?(?:/[^\\s<>\"']*" + stop + ")?/?(?:\\?[^\\s<>\"']*" + stop + ")?", "gi");
  }

  function weightedLength(text, link) {
    let length = 0;
    let rest = text.normalize("NFC").trim().replace(link, () => { length += 23; return ""; });
    rest = rest.replace(EMOJI, () => { length += 2; return ""; });
    for (const character of rest) {
      const point = character.codePointAt(0);
      length += LIGHT.some(([low, high]) => low <= point && point <= high) ? 1 : 2;
    }
    return length;
  }

  const box = document.getElementById("text");
  const count = document.getElementById("count");
  if (box && count) {
    const limit = Number(box.dataset.limit);
    const link = linkPattern(box.dataset.endings);
    const tell = () => {
      const left = limit - weightedLength(box.value, link);
      count.textContent = left >= 0 ? `${left} left` : `${-left} too long`;
      count.classList.toggle("near", left >= 0 && left <= 20);
      count.classList.toggle("over", left < 0);
    };
    box.addEventListener("input", tell);
    tell();
    if (location.hash === "#write") {
      box.focus();
      box.setSelectionRange(box.value.length, box.value.length);
    }
  }

  /* The reply box follows: it answers what the fresh page would answer, and keeps what is typed. */
  function answerTheNewest(page) {
    for (const part of ["#write h2", "#write [name=reply_to]"]) {
      const here = document.querySelector(part);
      const there = page.querySelector(part);
      if (!here || !there) continue;
      if (part.endsWith("h2")) here.textContent = there.textContent;
      else here.value = there.value;
    }
  }

  const news = document.getElementById("news");
  let wait = 2000;
  async function look() {
    const thread = document.getElementById("thread");
    try {
      const answer = await fetch(thread.dataset.news, { headers: { Accept: "application/json" } });
      const { revision } = await answer.json();
      if (revision && revision !== thread.dataset.revision) {
        const page = new DOMParser().parseFromString(await (await fetch(location.pathname)).text(), "text/html");
        const fresh = page.getElementById("thread");
        if (fresh) {
          answerTheNewest(page);
          const before = thread.querySelectorAll("article").length;
          thread.replaceWith(document.adoptNode(fresh));
          const more = fresh.querySelectorAll("article").length - before;
          news.textContent = more > 0 ? "A new reply has arrived." : "The thread has changed.";
        }
      }
      wait = 2000;
    } catch {
      wait = Math.min(wait * 2, 30000);
    }
    setTimeout(look, document.hidden ? 10000 : wait);
  }
  if (news) setTimeout(look, wait);
})();
