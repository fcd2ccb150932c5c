"""Runs the sandbox as `python -m profiles_sandbox`."""

import sys

from profiles_sandbox.command_line import main

sys.exit(main())
