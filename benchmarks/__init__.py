"""Speed, measured beside the peers that are installed: `make bench`, or `python -m benchmarks`.

Machines differ and are shared, so what counts is the ratio within one run. Every contender has a
process of its own; they take turns, several rounds each, and the best round of each is compared.

A workload is a file in `workloads`, with one function for each contender; `turns` runs them,
`tables` prints what came of it.
"""
