"""Experiments that the package is measured on. Nothing here is shipped, and the package imports none of it."""
