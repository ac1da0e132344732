"""How fast holdfast is, beside the best tools for each part of its work, measured in turn on one machine.

    python -m tests.benchmarks              every row
    python -m tests.benchmarks scan second  some of them
    python -m tests.benchmarks --list       what there is

Asserts no time: it prints a table, and the goals beside it. Each row makes its own material in a temporary
folder and checks that every contestant did the whole work. Peers are taken from PATH; a row says how to get
the one that is missing. The load is nginx where there is one, else a server of our own in two processes,
which is then often what is measured.
"""
