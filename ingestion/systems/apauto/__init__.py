"""The accounts-payable automation: vendors and invoices."""
