/* Draws the whole reference on one page from our own document; nothing is fetched from elsewhere. */
window.Redoc.init(
  "/v1/openapi.json",
  { hideDownloadButton: true, disableSearch: true, nativeScrollbars: true, expandResponses: "200,201,202" },
  document.getElementById("print"),
);
