"""Whether a prescription helps: diagnose a sick run, apply the fix by machine, train again, compare.

apply.first_change(prescriptions, plan, wording)   what the machine can do of what was prescribed
prove.diagnosed / prove.judged                     a sick run to a change, two runs to a Proof
table, document                                    proofs as a table, as JSON
"""
