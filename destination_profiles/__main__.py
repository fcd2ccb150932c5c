"""`python -m destination_profiles`."""

from .run import main

main()
