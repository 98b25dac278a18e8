"""The fixtures of `delivery_world`, for all tests of the room."""

from delivery_world import send, send_with, server, target

__all__ = ["send", "send_with", "server", "target"]
