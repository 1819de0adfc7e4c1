"""Whether a prescription helps: a sick run is diagnosed, the fix is applied by machine, and both are compared.

apply.first_change(prescriptions, plan, wording)   what the machine can do of what was prescribed
prove.diagnosed / prove.judged                     a sick run to a change, two runs to a Proof
table, documents                                   proofs as a table, as JSON, as a page
python -m rldoctor.proof                           the stored evidence, over a list of runs
"""
