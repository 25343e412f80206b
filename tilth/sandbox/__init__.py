"""Where code that is not Tilth's own runs: mined, generated, and its tests. All of it is taken to be hostile.

`job` says what is run, within which limits, and how it went; `sandbox` runs it; `bubblewrap` and `worker` make the
walls and keep a fork server behind them; `inside` is what runs there.
"""
