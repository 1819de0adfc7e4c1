"""What is known of a task: found by the name of its environment, written by the user, or measured.

Nothing here imports or runs the user's code but :mod:`rldoctor.tasks.environment`, for ``task measure``. The
parts are imported where they are used (``find``, ``scales``, ``entry``): every diagnosis looks up a task, few
need more.
"""
