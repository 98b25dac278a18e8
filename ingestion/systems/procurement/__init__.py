"""The procurement suite (Coupa-shaped API): suppliers, items, purchase orders."""
