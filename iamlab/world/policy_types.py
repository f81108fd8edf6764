"""The types of policies of an organization that decide who may do what, by AWS's names.

Notes
-----
AWS page: "Managing organization policies with AWS Organizations".
"""

SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"
