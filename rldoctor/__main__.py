"""``python -m rldoctor``."""

from rldoctor.cli import main

if __name__ == "__main__":
    main()
