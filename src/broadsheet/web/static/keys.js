// Keyboard shortcuts. The pages work without this file; single keys can be switched off
// (WCAG 2.1.4), and the choice is kept in this browser.
"use strict";

(function () {
  const STORED = "broadsheet-keys";
  const search = document.getElementById("q");
  const dialog = document.getElementById("keys");
  const opener = document.getElementById("keys-open");
  const enabled = document.getElementById("keys-on");

  function remembered() {
    try {
      return localStorage.getItem(STORED) !== "off";
    } catch {
      return true; // Storage may be forbidden; the keys then stay on.
    }
  }

  function remember(on) {
    try {
      localStorage.setItem(STORED, on ? "on" : "off");
    } catch {
      // The choice then lasts as long as the page.
    }
  }

  function writing(target) {
    return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
  }

  function step(by) {
    const stops = [...document.querySelectorAll("[data-stop]")];
    if (!stops.length) return;
    let next = stops.indexOf(document.activeElement) + by;
    if (document.activeElement.dataset.stop === undefined) {
      // Start from what the reader sees, not from the top of a long page.
      const below = stops.findIndex((stop) => stop.getBoundingClientRect().top >= 0);
      next = by > 0 ? Math.max(below, 0) : (below < 0 ? stops.length : below) - 1;
    }
    const stop = stops[Math.min(Math.max(next, 0), stops.length - 1)];
    stop.focus({ focusVisible: true });
    stop.scrollIntoView({ block: "nearest" });
  }

  function follow(key) {
    const link = document.querySelector(`a[data-key="${key}"]`);
    if (link) link.click();
  }

  function press(key) {
    const button = document.querySelector(`button[data-key="${CSS.escape(key)}"]`);
    if (button) button.click();
    return button !== null;
  }

  const actions = {
    "/": () => { search.focus(); search.select(); },
    "j": () => step(1),
    "k": () => step(-1),
    "o": () => { if (document.activeElement.dataset.stop !== undefined) document.activeElement.click(); },
    "s": () => {
      const place = document.activeElement.closest("article") || document;
      const button = place.querySelector("[data-save]");
      if (button) button.click();
    },
    "[": () => follow("["),
    "]": () => follow("]"),
    "?": () => dialog.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    const action = actions[event.key];
    if (!enabled.checked || dialog.open || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
    if (!action) {
      if (press(event.key)) event.preventDefault(); // A page's own keys.
      return;
    }
    event.preventDefault();
    action();
  });

  enabled.checked = remembered();
  enabled.addEventListener("change", () => remember(enabled.checked));
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());
})();
