"""Settings for all tests: how hard hypothesis tries.

"ci", the default, tries the same examples every time, so that a pull request fails only for what
it changes. "soak" looks for new ones: pytest --hypothesis-profile=soak.
"""

from hypothesis import settings

# No deadline: a busy machine is slow, and that is no bug.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("soak", deadline=None, max_examples=5_000)
settings.load_profile("ci")
