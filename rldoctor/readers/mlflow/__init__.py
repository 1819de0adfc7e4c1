"""MLflow's file store (``mlruns/<experiment>/<run>``), without the ``mlflow`` package."""

from rldoctor.readers.mlflow.reader import MlflowReader

__all__ = ["MlflowReader"]
