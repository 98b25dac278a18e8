"""Published UK public-body payment files: one line per payment line of the ledger."""
