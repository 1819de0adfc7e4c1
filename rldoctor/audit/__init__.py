"""The audit: what the numbers of a log imply of settings and mechanisms, held against what was configured.

criteria (rules/audit.yaml) + sight (what a model may look at)
    -> counters, loss, gradients, policy, temperature, critic, episodes (the models, a room per family)
    -> row (implied against configured) -> AuditRow

A model is silent where its conditions do not hold; an interval too wide to say anything is ``cannot_tell``.
"""
