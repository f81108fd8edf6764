"""Arguments are checked."""

from __future__ import annotations

from iamlab.errors import RequestError


def check_texts(**given: object) -> None:
    """Refuse what is no text.

    Raises
    ------
    RequestError
        It is something else.
    """
    for name, text in given.items():
        if not isinstance(text, str):
            raise RequestError(f"{name} must be text, and is {text!r}.")
