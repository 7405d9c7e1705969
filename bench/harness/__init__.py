"""The benchmark. Standard library only; run through bench/run."""
