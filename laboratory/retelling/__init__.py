"""Planted runs as a home-made program would log them, to score them again."""
