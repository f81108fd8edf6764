"""What AWS's sign-in service answers to whoever builds a way into the console.

::

    AwsError
    └─ BadRequest                                   400

Notes
-----
AWS page: "Enable custom identity broker access to the AWS console".
"""

from __future__ import annotations

from iamlab.errors import AwsError


class BadRequest(AwsError):
    """The federation endpoint does not take it. It never says why; a note does."""

    code, http_status = "BadRequest", 400
