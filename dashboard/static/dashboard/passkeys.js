/* Passkeys: the browser's own WebAuthn calls between a form's options and its hidden field. Only the browser can do it. */
(function () {
  "use strict";

  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (c) { return c.charCodeAt(0); });
  }

  function text(buffer) {
    var plain = String.fromCharCode.apply(null, new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function described(list) {
    return (list || []).map(function (one) { return Object.assign({}, one, { id: bytes(one.id) }); });
  }

  function creation(options, alone) {
    var chosen = Object.assign({}, options, {
      challenge: bytes(options.challenge),
      user: Object.assign({}, options.user, { id: bytes(options.user.id) }),
      excludeCredentials: described(options.excludeCredentials)
    });
    if (alone) {
      chosen.authenticatorSelection = Object.assign({}, options.authenticatorSelection, {
        residentKey: "required", requireResidentKey: true, userVerification: "required"
      });
    }
    return chosen;
  }

  function request(options) {
    return Object.assign({}, options, {
      challenge: bytes(options.challenge), allowCredentials: described(options.allowCredentials)
    });
  }

  function told(credential) {
    var said = credential.response;
    var response = { clientDataJSON: text(said.clientDataJSON) };
    if (said.attestationObject) {
      response.attestationObject = text(said.attestationObject);
      if (said.getTransports) response.transports = said.getTransports();
    } else {
      response.authenticatorData = text(said.authenticatorData);
      response.signature = text(said.signature);
      response.userHandle = said.userHandle ? text(said.userHandle) : null;
    }
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment || null,
      clientExtensionResults: credential.getClientExtensionResults(),
      response: response
    };
  }

  /* Of a form that only signs in, the options are asked for when the button is pressed. */
  function optionsOf(form) {
    if (form.dataset.options) return Promise.resolve(JSON.parse(form.dataset.options));
    return fetch(form.action, { headers: { Accept: "application/json" } }).then(function (answer) {
      if (!answer.ok) throw new Error("no options");
      return answer.json();
    }).then(function (found) { return found.request_options; });
  }

  function ask(form, options) {
    if (form.dataset.passkey !== "create") return navigator.credentials.get({ publicKey: request(options.publicKey) });
    var alone = form.querySelector("input[name=passwordless]");
    return navigator.credentials.create({ publicKey: creation(options.publicKey, Boolean(alone && alone.checked)) });
  }

  function words(error) {
    if (error.name === "NotAllowedError") return "It was cancelled, or took too long. Try again.";
    if (error.name === "InvalidStateError") return "This device has a passkey for you already.";
    if (error.name === "SecurityError") return "Passkeys do not work under this address. Open the dashboard by its name.";
    return "This browser could not use a passkey here.";
  }

  function start(form, button) {
    var fault = form.querySelector("[data-passkey-fault]");
    fault.hidden = true;
    button.disabled = true;
    optionsOf(form).then(function (options) { return ask(form, options); }).then(function (credential) {
      form.elements.credential.value = JSON.stringify(told(credential));
      form.submit();
    }).catch(function (error) {
      button.disabled = false;
      fault.textContent = words(error);
      fault.hidden = false;
    });
  }

  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    var button = form.querySelector("[data-passkey-start]");
    if (!window.PublicKeyCredential) { form.hidden = form.dataset.passkey === "login"; button.disabled = true; return; }
    button.addEventListener("click", function () { start(form, button); });
    form.addEventListener("submit", function (event) { event.preventDefault(); start(form, button); });
  });
})();
