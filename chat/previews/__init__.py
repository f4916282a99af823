"""Link previews: which links get one, reading pages, and what their heads say. `chat.actions.previews` stores them."""
