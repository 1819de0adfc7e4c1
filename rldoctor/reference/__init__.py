"""Reference runs: short Stable-Baselines3 trainings, healthy or with one documented fault planted.

    catalog   the tasks: hyperparameters per (algorithm, environment, variant), each with its source
    faults    the registry of plantable faults: what each does to a plan, and which rule it should wake
    plan      the frozen description of one training; rewards the reward transforms in it
    envs      plan -> vectorised environment
    surgery   changes made to a built model (a frozen actor)
    train     plan -> run directory (progress.csv, TensorBoard events, config.json)
    probe     a callback that logs Q values, which SB3 does not
    observe   the few numbers that say what a recorded run looked like
    record    run directory -> labelled folder in ``reference_runs``

Torch, Stable-Baselines3 and gymnasium (extra ``reference``) are imported inside functions only, so the
registry and the labels can be read without them.
"""
