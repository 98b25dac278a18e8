"""The legacy ERP: PostgreSQL tables with short names and local times."""
