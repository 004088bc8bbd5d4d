"""The event loops that `async def` callbacks and async generators run on, and what runs there."""
