"""The ledger of paid calls: who may send what, what it brought, and what it cost.

A request is claimed before it is sent and settled when its answer is on disk; both are rows of one database that all
processes and recipes share, so that no answer is paid for twice and no budget is exceeded. `entry` holds the values
that pass in and out, `ledger` the door that a process opens; behind it `writer` commits in groups, `admission` decides
who gets a claim, `account` does the sums and `book` the SQL, on `sqlite` or `postgres`.
"""
