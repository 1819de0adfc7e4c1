"""Experiments that the package is measured on: not shipped, and the package imports none of it."""
