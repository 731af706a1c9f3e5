"""Measurements of this pipeline beside what one would otherwise write. Ratios of one run, not timed tests.

    python -m benchmarks refresh --scale 1 10
    python -m benchmarks overhead

What belongs here: making the same company at several sizes, running each way as a process of its own, and printing
what it took. What does not: anything that the pipeline needs.
"""
