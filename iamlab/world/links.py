"""Addresses of the console: where users sign in, and where somebody takes a role.

Notes
-----
AWS pages: "How IAM users sign in to AWS"; "Switch from a user to an IAM role (console)"; "Enable
custom identity broker access to the AWS console".
"""

from urllib.parse import urlencode

_DOMAINS = {
    "aws": "aws.amazon.com",
    "aws-cn": "amazonaws.cn",
    "aws-us-gov": "amazonaws-us-gov.com",
    "aws-eusc": "amazonaws-eusc.eu",  # likely
}


def sign_in_page(partition: str, account: str) -> str:
    """Give the address where the users of an account sign in.

    Examples
    --------
    >>> sign_in_page("aws", "star-maps")
    'https://star-maps.signin.aws.amazon.com/console'
    """
    return f"https://{account}.signin.{_domain(partition)}/console"


def switch_role_page(partition: str, account: str, role: str) -> str:
    """Give the address where somebody who is signed in takes a role.

    Parameters
    ----------
    role
        Its path and name, without the first slash.

    Examples
    --------
    >>> switch_role_page("aws", "star-maps", "audit/reader")
    'https://signin.aws.amazon.com/switchrole?account=star-maps&roleName=audit%2Freader'
    """
    asked = urlencode({"account": account, "roleName": role})
    return f"https://signin.{_domain(partition)}/switchrole?{asked}"


def federation_page(partition: str) -> str:
    """Give the address where temporary credentials become a session in the console.

    Examples
    --------
    >>> federation_page("aws")
    'https://signin.aws.amazon.com/federation'
    """
    return f"https://signin.{_domain(partition)}/federation"


def console_page(partition: str) -> str:
    """Give the address of the console.

    Examples
    --------
    >>> console_page("aws-cn")
    'https://console.amazonaws.cn/'
    """
    return f"https://console.{_domain(partition)}/"


def _domain(partition: str) -> str:
    return _DOMAINS.get(partition, _DOMAINS["aws"])
