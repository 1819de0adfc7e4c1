"""What a library's default settings reach on common tasks after so many steps: the floor of a healthy run."""
