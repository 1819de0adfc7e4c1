"""One checker for every YAML file of the program and of packs: rules, tests, vocabulary, policy, criteria.

A file is declared as a kind (``scalars``, ``shapes``); reading it has two halves with a seam between them:

    read.checked(path, KIND, names) -> plain values     every problem at once, as ``file:line:column: text``
    build(plain values) -> typed objects                 beside each declaration; it checks nothing

Plain values are what JSON can hold: texts, numbers, truth values, lists and mappings, shorthands written out.
Whoever stores them (a cache, a compiled pack) may skip the first half.
"""
