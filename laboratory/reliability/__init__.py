"""What is done to logs, and what becomes of it (``python -m laboratory.reliability``)."""
