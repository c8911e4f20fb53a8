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

  document.addEventListener("htmx:afterSettle", countSelected);
  showTheme();
  countSelected();
  document.querySelectorAll("[data-needs-script]").forEach(function (part) { part.hidden = false; });
  if (window.htmx) document.querySelectorAll("[data-refresh]").forEach(watch);
})();
