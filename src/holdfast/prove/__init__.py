"""The proof of an offline copy: what a real browser makes of it when its network is cut off.

Knows nothing of how a copy is made: it takes a folder. `choosing`, `judging`, `comparing` and `report` are
pure; `browser`, `looking`, `walls` and `serving` drive the system's Chromium; `proving` ties them together.
"""
