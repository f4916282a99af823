"""The tutorial's asynchronous consumer, which stores what it receives and sends the last messages to new clients."""

import json

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from tests.faults.baseline.models import Message

LAST = 50


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.room_group_name = f"chat_{self.room_name}"
        await self.channel_layer.group_add(self.room_group_name, self.channel_name)
        await self.accept()
        for body in await self.last_messages():
            await self.send(text_data=json.dumps({"message": body}))

    async def disconnect(self, close_code):
        await self.channel_layer.group_discard(self.room_group_name, self.channel_name)

    async def receive(self, text_data):
        message = json.loads(text_data)["message"]
        await self.save(message)
        await self.channel_layer.group_send(self.room_group_name, {"type": "chat.message", "message": message})

    async def chat_message(self, event):
        await self.send(text_data=json.dumps({"message": event["message"]}))

    @database_sync_to_async
    def save(self, body):
        Message.objects.create(room=self.room_name, body=body)

    @database_sync_to_async
    def last_messages(self):
        newest = Message.objects.filter(room=self.room_name).order_by("-id")[:LAST]
        return [message.body for message in reversed(newest)]
