"""Logs that lie elsewhere: any URL of fsspec, read like a folder. Imported where a URL is given."""
