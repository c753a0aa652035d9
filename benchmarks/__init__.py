"""Speed, measured beside the peers that are installed: `make bench`, or `python -m benchmarks`.

Machines differ and are shared, so compare ratios within one run. Each contender runs in a process of
its own. The contenders take turns for several rounds, and the best round of each is compared.

A workload is a file in `workloads`, with one function for each contender. `turns` runs them, and
`tables` prints the results.
"""
