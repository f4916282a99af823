// Entry point of pages that show a secret once.

import { SecretField } from "./controllers/secret_field.js";

document.querySelectorAll("[data-secret-field]").forEach((field) => new SecretField(field).connect());
