"""What the documentation site adds to its pages while it is built, and what MkDocs calls."""
