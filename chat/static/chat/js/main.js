// Entry point of every page.

import { BrokenAvatars } from "./controllers/broken_avatars.js";
import { CopyButtons } from "./controllers/copy_buttons.js";
import { CsrfToken } from "./controllers/csrf_token.js";
import { Dialogs } from "./controllers/dialogs.js";
import { Drawers } from "./controllers/drawers.js";
import { Keys } from "./controllers/keys.js";
import { MembershipForms } from "./controllers/membership_forms.js";
import { NewRoom } from "./controllers/new_room.js";
import { RelativeTimes } from "./controllers/relative_times.js";
import { SearchBox } from "./controllers/search_box.js";
import { LazyLightbox } from "./controllers/lazy_lightbox.js";
import { LazyPush } from "./controllers/lazy_push.js";
import { LazyRoomSwitcher } from "./controllers/lazy_room_switcher.js";
import { Sidebar } from "./controllers/sidebar.js";
import { ThemeSwitch } from "./controllers/theme_switch.js";
import { forgetFiles } from "./helpers/kept_files.js";

new RelativeTimes(document).connect();
new SearchBox(document).connect();
const csrfToken = new CsrfToken(document);
csrfToken.connect();
new ThemeSwitch(document, csrfToken).connect();
new CopyButtons(document).connect();
new BrokenAvatars(document).connect();

if (document.querySelector("[data-switcher]")) {
  const dialogs = new Dialogs(document);
  dialogs.connect();
  new Keys(document, dialogs).connect();
  new LazyRoomSwitcher(document, csrfToken).connect();
  new Drawers(document).connect();
  new NewRoom(document, csrfToken).connect();
  new LazyLightbox(document).connect();
  new MembershipForms(document).connect();
}
if (document.querySelector("[data-account]")) {
  new LazyPush(document, csrfToken).connect();
  document.getElementById("sign-out-form").addEventListener("submit", forgetFiles);
}
if (document.querySelector("[data-people-picker]")) {
  import("./controllers/people_picker.js").then(({ PeoplePicker }) => new PeoplePicker(document).connect());
}
const name = document.querySelector("main [list=invite-names]");
if (name) {
  import("./controllers/name_suggestions.js").then(({ NameSuggestions }) => new NameSuggestions(name).connect());
}
if (document.querySelector("[data-shell]")) {
  new Sidebar(document).connect();
}
