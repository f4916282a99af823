// Starts what every page has.

import { CopyButtons } from "./controllers/copy_buttons.js";
import { Dialogs } from "./controllers/dialogs.js";
import { Keys } from "./controllers/keys.js";
import { RelativeTimes } from "./controllers/relative_times.js";
import { RoomSwitcher } from "./controllers/room_switcher.js";
import { SearchBox } from "./controllers/search_box.js";
import { ThemeSwitch } from "./controllers/theme_switch.js";
import { RoomDirectory } from "./models/room_directory.js";

new RelativeTimes(document).connect();
new SearchBox(document).connect();
new ThemeSwitch(document).connect();
new CopyButtons(document).connect();

const switcher = document.querySelector("[data-switcher]");
if (switcher) {
  const dialogs = new Dialogs(document);
  dialogs.connect();
  new Keys(document, dialogs).connect();
  new RoomSwitcher(document, new RoomDirectory(switcher.dataset.personId)).connect();
}
