"""Balance: how much of what goes into the mixture, how often it is drawn, and in which order it is learnt.

Where one language, task or category outweighs the others its worst examples are left out, as far as the
recipe allows; nothing is ever drawn from thin air to fill a gap. What stays has a sampling weight that grows
with its quality, and a rank in the curriculum, the easiest first.
"""
