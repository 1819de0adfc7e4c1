"""Aim repositories (``.aim`` directories), read through the public Aim SDK on a temporary copy."""

from rldoctor.readers.aim.reader import AimReader

__all__ = ["AimReader"]
