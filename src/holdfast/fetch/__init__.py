"""The network, and nothing else of the program touches it. `fetcher.Fetcher` is the way in."""
