"""The API of the room, by resource."""
