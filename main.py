"""Entry point that Airbyte's images and tools look for."""

from destination_profiles.run import main

if __name__ == "__main__":
    main()
