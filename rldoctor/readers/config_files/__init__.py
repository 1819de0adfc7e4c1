"""Configuration files of other people's tools, read tolerantly and never executed."""

from rldoctor.readers.config_files.gather import Gathered, gather
from rldoctor.readers.config_files.literals import literal
from rldoctor.readers.config_files.read import read_config_file
from rldoctor.readers.config_files.set_option import parse_set

__all__ = ["Gathered", "gather", "literal", "parse_set", "read_config_file"]
