/* Draws the API reference from our own document; nothing is fetched from elsewhere, nothing is reported. */
const chosen = document.documentElement.dataset.theme;
const dark = chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
window.Scalar.createApiReference("#reference", {
  url: "/v1/openapi.json",
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: "never",
  agent: { disabled: true },
  mcp: { disabled: true },
  proxyUrl: "",
  theme: "default",
  hideDarkModeToggle: true,
  forceDarkModeState: dark ? "dark" : "light",
  authentication: { preferredSecurityScheme: "bearer" },
});
