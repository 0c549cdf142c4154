"""Runs the SAM translator over a template, once for every stage, as CloudFormation
does when a stack is deployed: what SAM would refuse then is an error here.

Used by check-template.sh, which installs the translator. Makes no call to AWS.
"""

import sys

import boto3
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# Only its partition matters: it is in the ARNs of the managed policies SAM attaches.
REGION = "eu-central-1"


def values(parameters, stage):
    """A value for each parameter that has no default: only that there is one matters."""
    made = {
        name: p.get("AllowedValues", ["https://example.com"])[0]
        for name, p in parameters.items()
        if "Default" not in p
    }
    return made | {"Stage": stage}


def packaged(template):
    """The template as `sam package` leaves it: code in a bucket, not in a folder."""
    for resource in template["Resources"].values():
        if resource.get("Type") == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/code.zip"
    return template


def main(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    parameters = yaml_parse(text).get("Parameters", {})
    stages = parameters.get("Stage", {}).get("AllowedValues", ["any"])
    for stage in stages:
        translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
        try:
            # It changes the template it is given, hence a fresh one each time.
            stack = translator.translate(packaged(yaml_parse(text)), values(parameters, stage))
        except InvalidDocumentException as e:
            for cause in e.causes:
                print(f"{path}: stage {stage}: {cause.message}", file=sys.stderr)
            return 1
    print(f"{path}: ok, {len(stack['Resources'])} resources in each of the stages {', '.join(stages)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
