"""What maintainers and CI run, and no wheel carries: the site, validation of the rules, proof of the fixes.

It stands on the package and nothing in the package stands on it.
"""
