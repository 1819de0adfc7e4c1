"""Many runs: other processes or machines do the work, results wait on disk until they are used."""
