"""The services whose resources a resource control policy protects.

It stands by itself because every decision asks for it, and what may be saved is rarely asked.

Notes
-----
AWS page: "Resource control policies (RCPs)", its list of services, as of 26 September 2026.
"""

_NAMES = (
    "aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront "
    "cloudsearch cloudtrail-data codeartifact codebuild codecommit codepipeline cognito-identity "
    "cognito-idp comprehend comprehendmedical compute-optimizer cost-optimization-hub dax dsql "
    "dynamodb ecr ecr-public events firehose fis fms gamelift health inspector-scan kendra "
    "kinesisvideo kms logs memorydb networkmonitor notifications opensearch pca-connector-ad "
    "personalize polly pricing resource-groups rolesanywhere s3 secretsmanager servicediscovery "
    "signin sqs sts support swf textract timestream-influxdb transcribe transfer translate wafv2 "
    "workspaces xray"
)
RCP_SERVICES = frozenset(_NAMES.split())
