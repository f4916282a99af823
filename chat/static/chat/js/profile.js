// Entry point of the profile page.

import { AwayForm } from "./controllers/away_form.js";
import { PictureForm } from "./controllers/picture_form.js";
import { ProfileForm } from "./controllers/profile_form.js";
import { SecretField } from "./controllers/secret_field.js";

new ProfileForm(document).connect();
new PictureForm(document).connect();
new AwayForm(document).connect();
document.querySelectorAll("[data-secret-field]").forEach((field) => new SecretField(field).connect());
