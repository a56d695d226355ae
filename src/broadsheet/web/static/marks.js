// Votes and marks without a reload. Without this file the forms work as they are.
"use strict";

(function () {
  async function change(form, button) {
    const fields = new FormData(form, button);
    const response = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(fields),
    });
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  }

  function show(form, button, result) {
    if (result.mark === "not_interested" || result.mark === "hidden") {
      location.reload(); // The paper leaves the list, or comes back to it.
      return;
    }
    button.setAttribute("aria-pressed", String(result.on));
    button.value = `${result.mark}:${result.on ? "off" : "on"}`;
    const votes = form.querySelector("[data-votes]");
    if (votes) votes.textContent = String(result.votes);
    if (result.on) release(form, result.mark);
  }

  const OPPOSITES = { later: "read", read: "later", more_like: "less_like", less_like: "more_like" };

  function release(form, mark) {
    const opposite = form.querySelector(`[data-mark="${OPPOSITES[mark]}"]`);
    if (!opposite) return;
    opposite.setAttribute("aria-pressed", "false");
    opposite.value = `${OPPOSITES[mark]}:on`;
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-marks]") || !event.submitter) return;
    event.preventDefault();
    try {
      show(form, event.submitter, await change(form, event.submitter));
    } catch {
      form.removeAttribute("data-marks");
      form.requestSubmit(event.submitter); // The page then says what is wrong.
    }
  });
})();
