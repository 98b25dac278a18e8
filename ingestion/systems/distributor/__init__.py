"""Distributors behind an exchange, who speak EDI X12."""
