// "Why?" opens below its result instead of on a page of its own. Without this file, and
// wherever the page cannot be fetched, the link leads to that page.
"use strict";

(function () {
  async function fetched(address) {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const read = new DOMParser().parseFromString(await answer.text(), "text/html");
    const reasons = read.querySelector(".why-body");
    if (!reasons) throw new Error("no reasons in the answer");
    return document.importNode(reasons, true);
  }

  function install(link, number) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "as-link why-link";
    button.append(...link.childNodes);
    const panel = document.createElement("div");
    panel.className = "why-panel";
    panel.id = `why-${number}`;
    panel.hidden = true;
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-controls", panel.id);
    let asked = false;

    button.addEventListener("click", async () => {
      const open = panel.hidden;
      if (open && !asked) {
        asked = true;
        panel.setAttribute("aria-busy", "true");
        try {
          panel.append(await fetched(link.href));
        } catch {
          location.assign(link.href);
          return;
        }
        panel.removeAttribute("aria-busy");
      }
      panel.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
    });
    link.replaceWith(button);
    button.parentElement.after(panel);
  }

  [...document.querySelectorAll("a[data-why]")].forEach(install);
})();
