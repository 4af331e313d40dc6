"""What a person is told instead of a stack trace."""


class RunError(Exception):
    """Something that the run cannot do without failed; the text says what, and how to help."""
