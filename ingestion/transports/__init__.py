"""How bytes arrive: REST, SFTP, files. No field name of any system stands here; specs carry them."""
