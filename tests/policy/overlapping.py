"""Random policies whose statements have much in common: much to join, and much to leave out.

AWS saves all of them: no list is empty, and each action has a service.
"""

from hypothesis import strategies as st

from iamlab import Policy

S3 = "arn:aws:s3:::"
ANA = {"StringEquals": {"aws:username": "ana"}}

SOME = st.lists(
    st.sampled_from(["s3:*", "s3:Get*", "S3:getobject", "s3:GetObject", "*", "*:*", "s3:Put?*"]),
    min_size=1,
    max_size=3,
)
HOME = f"{S3}home/${{aws:username}}"
WHERE = st.lists(
    st.sampled_from(
        [
            *("*", f"{S3}*", f"{S3}home/*", HOME, f"{HOME}/*", f"{S3}home/ana", f"{S3}home/ana/?"),
            *("arn:aws:s3*", "arn:aws:sqs:r:${aws:PrincipalAccount}:q", f"{S3}home/${{*}}"),
        ]
    ),
    min_size=1,
    max_size=3,
)
STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Allow", "Deny"])},
    optional={
        "Sid": st.sampled_from(["A", "B"]),
        "Principal": st.sampled_from(["*", {"AWS": "*"}]),
        "Condition": st.sampled_from([ANA, {}, {"Null": {"aws:username": "true"}}]),
    },
).flatmap(
    lambda item: st.one_of(
        st.builds(lambda a, r: item | {"Action": a, "Resource": r}, SOME, WHERE),
        st.builds(lambda a, r: item | {"NotAction": a, "Resource": r}, SOME, WHERE),
        st.builds(lambda a, r: item | {"Action": a, "NotResource": r}, SOME, WHERE),
    )
)
POLICIES = st.builds(
    lambda statements, version: Policy.parse({"Version": version, "Statement": statements}),
    st.lists(STATEMENTS, max_size=5),
    st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"]),
)
