"""What generators' own configurations say: parsed tolerantly, never run, reduced to a few `Settings`.

`configuration` parses, `readers` and `scripts` know the generators, `settings` is what they find.
"""
