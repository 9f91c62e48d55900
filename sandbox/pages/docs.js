import { init } from "/docs/redoc.js";
const reference = document.getElementById("reference");
reference.replaceChildren();
init("/openapi.yaml", { disableTelemetry: true }, reference);
