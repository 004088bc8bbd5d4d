"""What runs in an event loop of the user, asyncio's or trio's: results that are awaited, and what wakes them."""
