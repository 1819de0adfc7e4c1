"""What each command does. ``rldoctor.cli`` parses and calls; nothing here is imported before it is used."""
