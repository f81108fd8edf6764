"""Settings for all tests: how hard hypothesis tries.

"quick", the default, tries a quarter of what "thorough" tries. Both try the same examples every
time, so that a pull request fails only for what it changes. "soak" looks for new ones:
pytest --hypothesis-profile=soak.
"""

import gc

from hypothesis import settings

# No deadline: a busy machine is slow, and that is not a bug.
settings.register_profile("quick", deadline=None, derandomize=True, max_examples=10)
settings.register_profile("thorough", deadline=None, derandomize=True, max_examples=40)
settings.register_profile("soak", deadline=None, max_examples=5_000)
settings.load_profile("quick")


def pytest_collection_finish():
    """Keep the garbage collector from visiting twenty thousand tests each time: they stay."""
    gc.freeze()
