"""Plain data that flows through the program: raw runs, runs, rules' results, the diagnosis."""
