"""Cards and instruments: what a learner touches, by mouse or by keyboard.

The stub beside this file lists the instruments, for type checkers and for the import.
"""

from iamlab.display import in_stub, lazily

_HOME = in_stub(__file__)
__all__ = list(_HOME)
__getattr__ = lazily(__name__, _HOME)
