"""The perioperative and warehouse inventory: items, units, receipts."""
