"""Plan: how many rows each cell still lacks, what is asked for next, what is taken, and why it ends.

A *cell* is a combination of columns' values (language, category, difficulty …) with a count: just so many
accepted rows are wanted of it. A round asks for what is missing by the cell's measured yield; candidates are
numbered (cell, ordinal) beforehand and taken in that order, the earlier row stays, and what is over is a reject
`surplus`. The state is an immutable `Progress`; each function is pure, so the same answers give the same rows in
every replay.

    progress = begin(config, rows_there_are)             # progress.py
    while asked := next_round(progress, config):          # rounds.py: empty when no cell is open
        judged = …                                        # a `Judged` for each of asked.candidates(), in any order
        progress, decisions = accept(progress, asked, judged, config)     # acceptance.py
    rows = summary(progress, config)                      # outcome.py: per cell, with a sentence for people

`asked.in_turn()` is the order to send them in. When money ends or somebody stops, `accept(…, stopped="budget")`
takes in the part that was paid for; such a plan goes on by being replayed from `begin`, which costs nothing with
a ledger.

Of each candidate, `shares.method_of` says which method makes it, `gaps.difficulty_for` how hard it is to be where
its cell leaves that open, and `gaps.avoid_of` what its cell has enough of (once a round, of the rows accepted
before it). `Progress.cells[i].accepted_ids` is what is delivered. The room makes no call, reads no clock, and
finds no duplicates itself: whoever judges says which drafts are alike.
"""
