"""Runs the sandbox as `python -m profiles_sandbox`."""

import sys

from profiles_sandbox.run import main

sys.exit(main())
