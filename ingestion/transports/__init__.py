"""How bytes arrive: REST, SOAP, SFTP, databases, files, webhooks. No field name of any system stands here."""
