/* The dashboard's own behaviour. Every page works without it: what is here only saves clicks. */
(function () {
  "use strict";

  var root = document.documentElement;

  function setTheme(theme) {
    document.cookie = "theme=" + theme + ";path=/;max-age=31536000;samesite=lax";
    if (theme === "system") root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", theme);
    showTheme();
  }

  function showTheme() {
    var theme = root.getAttribute("data-theme") || "system";
    document.querySelectorAll("[data-set-theme]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.setTheme === theme));
    });
  }

  function copy(button) {
    var source = document.getElementById(button.dataset.copy);
    var said = button.querySelector("[data-copy-label]") || button;
    var before = said.textContent;
    navigator.clipboard.writeText(source.textContent.trim()).then(function () {
      said.textContent = "Copied";
      setTimeout(function () { said.textContent = before; }, 1600);
    });
  }

  /* One open menu at a time; Escape and a click elsewhere close it. */
  function closeMenus(except) {
    document.querySelectorAll("details[data-menu][open]").forEach(function (menu) {
      if (menu !== except) menu.removeAttribute("open");
    });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("button");
    if (button && button.dataset.setTheme) setTheme(button.dataset.setTheme);
    if (button && button.dataset.copy) copy(button);
    closeMenus(event.target.closest("details[data-menu]"));
  });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    var open = document.querySelector("details[data-menu][open]");
    if (!open) return;
    open.removeAttribute("open");
    open.querySelector("summary").focus();
  });

  document.addEventListener("change", function (event) {
    var field = event.target;
    if (field.matches("[data-submit-on-change]")) field.form.requestSubmit();
    if (field.matches("[data-select-all]")) {
      document.querySelectorAll("input[name='" + field.dataset.selectAll + "']").forEach(function (box) {
        box.checked = field.checked;
      });
    }
    countSelected();
  });

  function countSelected() {
    document.querySelectorAll("[data-count-of]").forEach(function (place) {
      var boxes = document.querySelectorAll("input[name='" + place.dataset.countOf + "']:checked");
      place.textContent = boxes.length ? boxes.length + " selected" : "None selected";
      place.closest("form").querySelectorAll("[data-needs-selection]").forEach(function (button) {
        button.disabled = boxes.length === 0;
      });
    });
  }

  /* Parts that renew themselves: slower while nothing changes, not while hidden, selected in or focused in. One with
     data-every is being watched: it starts at that many milliseconds and slows down to three times as many. */
  function watch(part) {
    var least = Number(part.dataset.every) || 3000;
    var most = part.dataset.every ? least * 3 : 30000;
    var wait = least;
    var before = part.textContent;
    function turn() {
      var now = document.getElementById(part.id);
      if (!now || !now.dataset.refresh) return;
      var busy = document.hidden || now.querySelector("input:checked") || now.contains(document.activeElement);
      busy = busy || (document.activeElement && document.activeElement.closest("[data-holds]"));
      if (!busy) {
        wait = now.textContent === before ? Math.min(wait * 1.5, most) : least;
        before = now.textContent;
        window.htmx.trigger(now, "refresh");
      }
      setTimeout(turn, wait);
    }
    setTimeout(turn, wait);
  }

  /* A part that could not be renewed says so; one whose session has ended leads to the sign-in page. */
  document.addEventListener("htmx:afterRequest", function (event) {
    document.querySelectorAll("[data-stale]").forEach(function (note) { note.hidden = event.detail.successful; });
  });
  document.addEventListener("htmx:beforeSwap", function (event) {
    var came = event.detail.xhr.responseURL;
    if (!came || new URL(came).pathname === new URL(event.detail.pathInfo.requestPath, came).pathname) return;
    event.detail.shouldSwap = false;
    window.location.reload();
  });

  /* A form that makes something is sent once, however often its button is pressed; the server holds to it as well. */
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(function () { delete form.dataset.sent; }, 8000);
  });

  /* Drafts by keyboard: j and k move, a approves and r rejects the one that has the focus (the only one of a page needs
     none). One letter is easily pressed by accident, or said to a voice control: it can be turned off (WCAG 2.1.4). */
  function keysOn() { return !/(?:^|; )keys=off/.test(document.cookie); }
  function showKeys() {
    document.querySelectorAll("[data-keys]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(keysOn()));
      button.textContent = keysOn() ? "Keys on" : "Keys off";
    });
  }
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-keys]")) return;
    document.cookie = "keys=" + (keysOn() ? "off" : "on") + ";path=/dashboard;max-age=31536000;samesite=lax";
    showKeys();
  });

  function typing(target) { return target.closest("input, textarea, select, [contenteditable]") !== null; }
  function changed(box) { return box.value !== box.defaultValue; }

  function toDraft(drafts, step) {
    var now = drafts.findIndex(function (draft) { return draft.contains(document.activeElement); });
    var next = drafts[now < 0 ? (step > 0 ? 0 : drafts.length - 1) : now + step];
    if (!next) return;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "start" });
  }

  function decide(draft, key) {
    var approve = draft.querySelector("[data-approve]");
    var reject = draft.querySelector("[data-reject]");
    if (!approve || !reject) return false;
    if (key === "r") {
      reject.open = true;
      reject.querySelector("input[name=reason]").focus();
    } else if (![].some.call(document.querySelectorAll("textarea[name=paragraph]"), changed)) {
      approve.requestSubmit();
    }
    return true;
  }

  document.addEventListener("keydown", function (event) {
    var drafts = [].slice.call(document.querySelectorAll("[data-draft]"));
    var plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey && !event.repeat;
    if (!drafts.length || !plain || !keysOn() || event.isComposing || typing(event.target)) return;
    if (event.key === "j" || event.key === "k") return toDraft(drafts, event.key === "j" ? 1 : -1);
    if (event.key !== "a" && event.key !== "r") return;
    var draft = drafts.find(function (one) { return one.contains(document.activeElement); });
    if (!draft && drafts[0].dataset.draft === "alone") draft = drafts[0];
    if (draft && decide(draft, event.key)) event.preventDefault();
  });

  document.addEventListener("htmx:afterSettle", countSelected);
  showKeys();
  showTheme();
  countSelected();
  document.querySelectorAll("[data-needs-script]").forEach(function (part) { part.hidden = false; });
  if (window.htmx) document.querySelectorAll("[data-refresh]").forEach(watch);
})();
