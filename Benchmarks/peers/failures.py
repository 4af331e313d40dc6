"""Errors that are shown to the user instead of a stack trace."""


class RunError(Exception):
    """A fatal error of the run; the text has the cause and the remedy."""
