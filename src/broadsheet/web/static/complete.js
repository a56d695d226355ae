// Suggestions below the search field: a combobox with a list box, as the ARIA practices
// describe it. Without this file the field is a plain one.
"use strict";

(function () {
  const WAIT = 120; // Milliseconds without a key before the library is asked.
  const SHORTEST = 2;
  const REMEMBERED = 100;
  const KINDS = { word: "word", title: "title", author: "author", category: "category" };

  const field = document.getElementById("q");
  const form = field.form;
  const list = document.createElement("ul");
  const told = document.createElement("span");
  const known = new Map();
  let shown = [];
  let active = -1;
  let timer = 0;
  let asking = null;

  list.id = "q-list";
  list.className = "completions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  told.className = "hidden";
  told.setAttribute("role", "status");
  form.append(list, told);
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");

  function select(index) {
    active = index;
    [...list.children].forEach((option, at) => {
      option.setAttribute("aria-selected", String(at === active));
    });
    if (active < 0) {
      field.removeAttribute("aria-activedescendant");
    } else {
      field.setAttribute("aria-activedescendant", list.children[active].id);
      list.children[active].scrollIntoView({ block: "nearest" });
    }
  }

  function close() {
    clearTimeout(timer);
    if (asking) asking.abort();
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    select(-1);
  }

  function choose(completion) {
    close();
    if (completion.href) {
      location.assign(completion.href);
      return;
    }
    field.value = completion.query;
    form.requestSubmit();
  }

  function optionOf(completion, index) {
    const option = document.createElement("li");
    const text = document.createElement("span");
    const kind = document.createElement("span");
    option.id = `q-option-${index}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    text.textContent = completion.text;
    text.dir = "auto";
    kind.textContent = KINDS[completion.kind] || completion.kind;
    kind.className = "kind";
    option.append(text, " ", kind);
    option.addEventListener("click", () => choose(completion));
    return option;
  }

  function show(completions) {
    shown = completions;
    list.replaceChildren(...completions.map(optionOf));
    list.hidden = !completions.length;
    field.setAttribute("aria-expanded", String(completions.length > 0));
    select(-1);
    const count = completions.length;
    told.textContent = count ? `${count} suggestion${count === 1 ? "" : "s"}` : "";
  }

  async function ask() {
    const text = field.value.trimStart();
    if (text.trim().length < SHORTEST) {
      close();
      return;
    }
    if (asking) asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    try {
      if (!known.has(text)) {
        const address = `/papers/complete?${new URLSearchParams({ q: text })}`;
        const answer = await fetch(address, { signal });
        if (!answer.ok) return;
        if (known.size >= REMEMBERED) known.clear();
        known.set(text, await answer.json());
      }
      // What was typed meanwhile asks again; leaving the field asks no more.
      if (!signal.aborted && document.activeElement === field) show(known.get(text));
    } catch {
      // No suggestions then: the field works without.
    }
  }

  field.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(ask, WAIT);
  });

  field.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const open = !list.hidden;
    if (event.key === "Escape" && open) {
      event.preventDefault(); // The first one closes the list, the next one empties the field.
      close();
    } else if (event.key === "Enter" && open && active >= 0) {
      event.preventDefault();
      choose(shown[active]);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) {
        ask();
        return;
      }
      // One place more than there are options: the field itself.
      const places = shown.length + 1;
      select(((active + 1 + (event.key === "ArrowDown" ? 1 : places - 1)) % places) - 1);
    }
  });

  list.addEventListener("mousedown", (event) => event.preventDefault()); // Keeps the focus.
  field.addEventListener("blur", close);
  form.addEventListener("submit", close);
})();
