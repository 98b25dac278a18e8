"""EDI X12 as it is written: envelopes, loops and rows. Knows no partner and no field of any system."""
