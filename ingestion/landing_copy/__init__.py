"""Payloads as received: taken in once, sealed, kept as long as an instance allows, read again for a rebuild.

Only bytes and their manifest; what they say is read by `formats`.
"""
