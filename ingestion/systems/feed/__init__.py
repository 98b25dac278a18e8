"""Files that already speak the canonical model: the door for any system without a connector."""
