"""What maintainers and CI run, and no wheel carries: site, validation of the rules, proof of fixes, mutants.

It stands on the package and nothing in the package stands on it.
"""
