"""``rldoctor watch``: the rules on a log that is still being written, and what of it is news."""
