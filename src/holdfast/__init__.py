"""holdfast keeps the images and links of a Markdown site alive."""

__version__ = "0.1.0"
