"""Each test has its own progress file."""

from tests.teach.conftest import progress_file

__all__ = ["progress_file"]
