"""Protocol peers: what a real servo bus and wrist sensor answer, with the simulated arm behind them.

Rehearsals and tests drive them through the real drivers. They know nothing of ``hardware``: what a register means
stands here a second time, by its own reading of the manuals.
"""
