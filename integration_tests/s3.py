"""An S3 API on a socket: moto's server as a process."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from typing import Any

import boto3
from botocore.config import Config

BUCKET = "rejected-records"
REGION = "eu-central-1"
KEY, SECRET = "canary-key-id-5d1e", "canary-secret-c3b9"  # moto takes any


class MotoServer:
    """As a context manager: runs, and has a bucket."""

    def __enter__(self) -> "MotoServer":
        command = [sys.executable, "-m", "moto.server", "--port", "0"]
        self._log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self._log)
        self.url = self._listens()
        config = Config(retries={"total_max_attempts": 1})
        self.client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            config=config,
        )
        where = {"LocationConstraint": REGION}
        self.client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
        return self

    def _listens(self) -> str:
        """The address of its own choice, once it tells it."""
        deadline = time.monotonic() + 60
        while not (told := re.search(rb"http://127[.\d]+:\d+", self._read())):
            assert time.monotonic() < deadline, "moto's server does not start"
            time.sleep(0.05)
        return told[0].decode()

    def _read(self) -> bytes:
        return os.pread(self._log.fileno(), 4096, 0)

    def __exit__(self, *error: object) -> None:
        self.stop()
        self.client.close()
        self._log.close()

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
