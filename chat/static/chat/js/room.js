// Entry point of the room page.

import { RoomPage } from "./controllers/room_page.js";

new RoomPage(document).connect();
