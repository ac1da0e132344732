"""How fast holdfast is, beside the best tools for each part of its work, measured in turn on one machine.

    python -m tests.benchmarks                every row
    python -m tests.benchmarks scan second    some of them
    python -m tests.benchmarks --json FILE    all figures, with the machine's and every version
    python -m tests.benchmarks --install      first install the peers that are missing, and nginx
    python -m tests.benchmarks --quick        one run of a little of the work: a smoke test
    python -m tests.benchmarks --profile      instead say where our own time goes; needs `perf`
    python -m tests.benchmarks --list         what there is

Asserts no time: it prints a table, and the goals beside it. Each contestant runs once to warm up and then
five times, in turn with its peers; a row that takes long says how many runs it had. Each row makes its own
material in a temporary folder and checks that every contestant did the whole work; a row names the peers
that are missing. The load is nginx where there is one, else a server of our own in two processes, which is
then often what is measured.
"""
