// "Why?" opens below its result instead of on a page of its own. Without this file, and
// wherever the page cannot be fetched, the link or the button leads to that page.
"use strict";

(function () {
  async function fetched(address, options) {
    const answer = await fetch(address, { headers: { Accept: "text/html" }, ...options });
    if (!answer.ok) throw new Error(String(answer.status));
    const read = new DOMParser().parseFromString(await answer.text(), "text/html");
    const reasons = read.querySelector(".why-body");
    if (!reasons) throw new Error("no reasons in the answer");
    return document.importNode(reasons, true);
  }

  // A link becomes a button that looks like it.
  function ofLink(link) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "as-link why-link";
    button.append(...link.childNodes);
    link.replaceWith(button);
    return {
      button,
      ask: () => fetched(link.href),
      leave: () => location.assign(link.href),
    };
  }

  // A button of the form with a text asks about the text that was answered, whatever was
  // typed into the form since.
  function ofForm(button) {
    const { form } = button;
    const answered = new URLSearchParams();
    for (const { name, defaultValue } of form.querySelectorAll("textarea")) {
      answered.set(name, defaultValue);
    }
    return {
      button,
      ask: () => fetched(button.formAction, { method: "POST", body: answered }),
      leave: () => form.requestSubmit(button),
    };
  }

  function install(place, number) {
    const { button, ask, leave } = place.matches("a") ? ofLink(place) : ofForm(place);
    const panel = document.createElement("div");
    panel.className = "why-panel";
    panel.id = `why-${number}`;
    panel.hidden = true;
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-controls", panel.id);
    let asked = false;

    button.addEventListener("click", async (event) => {
      event.preventDefault();
      const open = panel.hidden;
      if (open && !asked) {
        asked = true;
        panel.setAttribute("aria-busy", "true");
        try {
          panel.append(await ask());
        } catch {
          leave();
          return;
        }
        panel.removeAttribute("aria-busy");
      }
      panel.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
    });
    button.parentElement.after(panel);
  }

  [...document.querySelectorAll("[data-why]")].forEach(install);
})();
