"""One folder per application: its spec, contract and quirks. No folder imports another."""
