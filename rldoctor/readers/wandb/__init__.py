"""Weights & Biases: ``run-*.wandb`` logs and the folders they lie in, without the ``wandb`` package."""

from rldoctor.readers.wandb.reader import WandbReader

__all__ = ["WandbReader"]
