"""Calls of chat models: what is asked, what comes back, and all that lies between.

A call is a `ChatRequest`, named by its content; it becomes a `ChatAnswer` or a `ChatFailure`. The ledger
(`tilth.ledger`) sees to it that no request is paid for twice and no budget is exceeded.
"""
