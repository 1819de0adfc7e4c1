"""Reference runs: short Stable-Baselines3 trainings, healthy or with one documented fault planted.

    catalog      the tasks: hyperparameters per (algorithm, environment, variant), each with its source
    faults       the registry of plantable faults: what each does to a plan, and which rule should fire;
                 fault is what one is, faults_* hold entries, fault_page writes docs/faults.md
    plan         the frozen description of one training; rewards the reward transforms in it
    envs         plan -> vectorised environment; tamper plants faults in it
    surgery      changes made to a built model (a frozen actor); schedules are learning rates among them
    train        plan -> run directory (progress.csv, TensorBoard events, config.json)
    control      how a training is run: device, evaluation, checkpoints, messages
    callbacks    what looks at a training; probe is the older callback for Q values
    checkpoint   saving a training and going on with it
    session      several seeds at once, a process each; screen shows them, console is the command line
    observe      the few numbers that say what a recorded run looked like
    record       run directory -> labelled folder in ``reference_runs``

Torch, Stable-Baselines3 and gymnasium (extra ``reference``) are imported inside functions only, so the
registry and the labels can be read without them.
"""
