// Starts what the page at hand needs.

import { RelativeTimes } from "./controllers/relative_times.js";
import { RoomPage } from "./controllers/room_page.js";
import { SearchBox } from "./controllers/search_box.js";

new RelativeTimes(document).connect();
new SearchBox(document).connect();

if (document.querySelector("[data-room]")) {
  new RoomPage(document).connect();
}
