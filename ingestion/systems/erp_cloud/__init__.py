"""The cloud ERP (S/4-shaped OData): supplier master, organisation, chart of accounts, products."""
