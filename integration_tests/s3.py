"""An S3 API on a socket: moto's server as a process."""

import json
import socket
import subprocess
import sys
import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

BUCKET = "rejected-records"
REGION = "eu-central-1"
KEY, SECRET = "canary-key-id-5d1e", "canary-secret-c3b9"  # moto takes any


class MotoServer:
    """As a context manager: runs, and has a bucket."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"

    def __enter__(self) -> "MotoServer":
        command = [sys.executable, "-m", "moto.server", "--port", self.url.rpartition(":")[2]]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        config = Config(retries={"total_max_attempts": 1})
        self.client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            config=config,
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                self.client.create_bucket(
                    Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
                )
            except EndpointConnectionError:
                assert time.monotonic() < deadline, "moto's server does not start"
                time.sleep(0.1)
            else:
                return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        self.client.close()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def setting(self, **more: Any) -> dict[str, Any]:
        return {
            "storage_type": "S3",
            "access_key_id": KEY,
            "secret_access_key": SECRET,
            "s3_bucket_name": BUCKET,
            "s3_bucket_region": REGION,
            "s3_endpoint": self.url,
            "bucket_path": "set aside/crm",
            **more,
        }

    def objects(self) -> dict[str, bytes]:
        """Every object by its key; empty once the server is stopped."""
        if self.process.poll() is not None:
            return {}
        found = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return {
            each["Key"]: self.client.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read()
            for each in found
        }

    def lines(self) -> list[dict[str, Any]]:
        """Every line of every object."""
        return [json.loads(each) for body in self.objects().values() for each in body.splitlines()]
