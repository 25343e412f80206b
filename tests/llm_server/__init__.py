"""A server on the loopback that speaks OpenAI's chat completions, with faults to order: a stand-in for a provider.

`python -m tests.llm_server --port 0 --latency-s 0.2` prints its address as JSON and serves until it is stopped;
`running` starts one in a thread. It answers from the request alone, so that the same request gets the same answer,
and counts what a provider's bill would show: answers, repeats of answered requests, retries that came too early.
"""
