"""What is left where a run did not learn and no rule can say why."""
