// Socket.IO: an event to join a room, and one that goes to all who are in it. `node socketio.js PORT`
"use strict";

const { createServer } = require("node:http");
const { Server } = require("socket.io");

const http = createServer();
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false });

io.on("connection", (socket) => {
  let room;
  socket.on("join", (name) => {
    room = name;
    socket.join(room);
    socket.emit("joined", room);
  });
  socket.on("message", (text) => io.to(room).emit("message", text));
});
http.listen(Number(process.argv[2]), "127.0.0.1");
