"""Link rot: what is broken, what is not, and what nobody can tell.

Rewrites no document and stores no file of another server.
"""
