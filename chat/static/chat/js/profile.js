// Entry point of the profile page.

import { ProfileForm } from "./controllers/profile_form.js";
import { SecretField } from "./controllers/secret_field.js";

new ProfileForm(document).connect();
document.querySelectorAll("[data-secret-field]").forEach((field) => new SecretField(field).connect());
