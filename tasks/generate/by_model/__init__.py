"""Examples that a model writes: each method is a conversation about some material, and knows neither calls nor tables.

A *brief* says what one example is to be: its cell (language, category, difficulty …), its material and what the dataset
has enough of. A *method* is a generator that asks, is answered, and returns drafts; adding one is one file, its config
and a line in `methods.py`. Prompts are data (`data/prompts`). `tilth.llm` makes the calls, `rows.py` the rows.
"""
