"""One family of errors for everything a user can put right."""


class InputError(ValueError):
    """Input that cannot be used: the message says what, where and what to do, in one line.

    The command line prints it as it is and exits with 2; anything else is a defect of the
    suite and keeps its traceback.

    Examples
    --------
    >>> raise InputError("harris_k = 0.2 is not allowed: it must lie in [0.0001, 1.0]")
    Traceback (most recent call last):
    har_lib.errors.InputError: harris_k = 0.2 is not allowed: it must lie in [0.0001, 1.0]
    """
